import { GraphiQL, HISTORY_PLUGIN } from "graphiql";
import { useMemo } from "react";
import { TABS } from "./examples";
import { EXAMPLES_PLUGIN } from "./ExamplesPlugin";
import { EXPLAIN_PLUGIN, ExplainOpener } from "./ExplainPlugin";
import { createFetcher } from "./fetcher";
import { Header } from "./Header";
import { Results } from "./results/Results";
import { useSession } from "./session";

const PLUGINS = [EXAMPLES_PLUGIN, HISTORY_PLUGIN, EXPLAIN_PLUGIN];
const PANE = "unionhub.pane";

/** The pane that was open when the page was left, at a first visit the examples: GraphiQL itself forgets it on loading. */
const OPEN = localStorage.getItem(PANE) ?? EXAMPLES_PLUGIN.title;

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
        visiblePlugin={OPEN}
        onTogglePluginVisibility={(plugin) => localStorage.setItem(PANE, plugin?.title ?? "")}
        schemaDescription
        inputValueDeprecation
        showPersistHeadersSettings={false}
      >
        <GraphiQL.Logo>{null}</GraphiQL.Logo>
        <GraphiQL.Footer>
          <Results />
        </GraphiQL.Footer>
        <ExplainOpener />
      </GraphiQL>
    </>
  );
}
