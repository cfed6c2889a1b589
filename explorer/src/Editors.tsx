import { useGraphiQL } from "@graphiql/react";
import { useEffect } from "react";
import { t } from "./language";

/**
 * What the editors are told beyond GraphiQL's own options: ，（）： and their like are punctuation here and no look-alikes of Latin
 * letters; and each editor has a name for screen readers.
 */
export function Editors(): null {
  const query = useGraphiQL((state) => state.queryEditor);
  const variables = useGraphiQL((state) => state.variableEditor);
  const headers = useGraphiQL((state) => state.headerEditor);
  const response = useGraphiQL((state) => state.responseEditor);
  useEffect(() => {
    const named = [
      [query, t("Operation", "查询语句")],
      [variables, t("Variables", "变量")],
      [headers, t("Headers", "请求头")],
      [response, t("Answer", "查询结果")],
    ] as const;
    for (const [editor, ariaLabel] of named)
      editor?.updateOptions({ ariaLabel, unicodeHighlight: { ambiguousCharacters: false, nonBasicASCII: false } });
  }, [query, variables, headers, response]);
  return null;
}
