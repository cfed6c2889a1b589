import { GraphiQL, HISTORY_PLUGIN } from "graphiql";
import { useMemo } from "react";
import { EXAMPLES } from "./examples";
import { ExamplesMenu } from "./ExamplesMenu";
import { EXPLAIN_PLUGIN, ExplainOpener } from "./ExplainPlugin";
import { createFetcher } from "./fetcher";
import { Header } from "./Header";
import { useSession } from "./session";

const PLUGINS = [HISTORY_PLUGIN, EXPLAIN_PLUGIN];
const TABS = EXAMPLES.map(({ query, variables }) => ({ query, variables }));

/** The whole page: the bar, and GraphiQL on this hub's endpoint with the example operations in its tabs. */
export function Explorer() {
  const { token } = useSession();
  const fetcher = useMemo(() => createFetcher(token), [token]);
  return (
    <>
      <Header />
      <GraphiQL
        fetcher={fetcher}
        defaultTabs={TABS}
        plugins={PLUGINS}
        schemaDescription
        inputValueDeprecation
        showPersistHeadersSettings={false}
      >
        <GraphiQL.Logo>{null}</GraphiQL.Logo>
        <GraphiQL.Toolbar>
          {({ prettify, copy, merge }) => (
            <>
              {prettify}
              {merge}
              {copy}
              <ExamplesMenu />
            </>
          )}
        </GraphiQL.Toolbar>
        <ExplainOpener />
      </GraphiQL>
    </>
  );
}
