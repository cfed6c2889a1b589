import { ToolbarButton, useGraphiQL } from "@graphiql/react";
import { linkTo } from "./address";
import { t } from "./language";
import { say } from "./session";

/** Copies a link that opens the operation and its variables, never the token. */
export function ShareButton() {
  const query = useGraphiQL((state) => state.queryEditor);
  const variables = useGraphiQL((state) => state.variableEditor);

  async function share() {
    const link = linkTo({ query: query?.getValue() ?? "", variables: variables?.getValue() ?? null });
    try {
      await navigator.clipboard.writeText(link);
      say(t("Link copied: it opens this query with its variables, without your token.", "链接已复制：可打开此查询及变量，不含令牌。"));
    } catch {
      history.replaceState(history.state, "", link); // a page without TLS may not write to the clipboard
      say(t("The link is in the address bar; it has no token.", "链接已写入地址栏，不含令牌。"));
    }
  }
  return (
    <ToolbarButton label={t("Copy a link to this query", "复制此查询的链接")} onClick={() => void share()}>
      <svg className="graphiql-toolbar-icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.6" aria-hidden="true">
        <path d="M10 14a4 4 0 0 0 6 .5l3-3a4 4 0 0 0-5.700-5.700L12 7" strokeLinecap="round" />
        <path d="M14 10a4 4 0 0 0-6-.5l-3 3a4 4 0 0 0 5.700 5.700L12 17" strokeLinecap="round" />
      </svg>
    </ToolbarButton>
  );
}
