import { useGraphiQL } from "@graphiql/react";
import { useEffect } from "react";
import { SHARED } from "./address";
import { exampleOf, firstTabs, isFor } from "./examples";
import { useOpening } from "./ExamplesPlugin";
import { useSession } from "./session";

let isShared = SHARED !== null;

/**
 * Where the tab that is open holds an example that the caller may not run, as somebody else left it, opens the first that they may.
 * What was written by hand, or came by a shared link, stays.
 */
export function Opening(): null {
  const { viewer } = useSession();
  const editor = useGraphiQL((state) => state.queryEditor);
  const open = useOpening();
  useEffect(() => {
    if (!viewer || !editor) return;
    if (isShared) {
      isShared = false; // from the next token on the tab is like any other
      return;
    }
    const example = exampleOf(editor.getValue());
    const [first] = firstTabs(viewer);
    if (example && first && !isFor(viewer, example.name)) open(first);
    // Only another caller, or the page's first one, has the tab looked at.
  }, [viewer, editor]);
  return null;
}
