import { useGraphiQL } from "@graphiql/react";
import { useCallback, useMemo, useSyncExternalStore } from "react";
import { type Table, tablesOf } from "./rows";

/** The tables of the answer that the response pane shows: another tab, another answer. */
export function useTables(): Table[] {
  const editor = useGraphiQL((state) => state.responseEditor);
  const subscribe = useCallback(
    (changed: () => void) => {
      const subscription = editor?.onDidChangeModelContent(changed);
      return () => subscription?.dispose();
    },
    [editor],
  );
  const text = useSyncExternalStore(subscribe, () => editor?.getValue() ?? "");
  return useMemo(() => tablesOf(dataIn(text)), [text]);
}

function dataIn(text: string): unknown {
  if (!text.startsWith("{")) return null;
  try {
    return (JSON.parse(text) as { data?: unknown }).data;
  } catch {
    return null; // half an answer, or none
  }
}
