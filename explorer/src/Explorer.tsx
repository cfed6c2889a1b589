import { GraphiQL, HISTORY_PLUGIN } from "graphiql";
import { useEffect, useMemo } from "react";
import { SHARED } from "./address";
import { Editors } from "./Editors";
import { EXAMPLES_PLUGIN } from "./ExamplesPlugin";
import { EXPLAIN_PLUGIN, ExplainOpener } from "./ExplainPlugin";
import { firstTabs } from "./examples";
import { askViewer, createFetcher } from "./fetcher";
import { Header } from "./Header";
import { Opening } from "./Opening";
import { Results } from "./results/Results";
import { ShareButton } from "./ShareButton";
import { useSession } from "./session";

const PLUGINS = [EXAMPLES_PLUGIN, HISTORY_PLUGIN, EXPLAIN_PLUGIN];
const PANE = "unionhub.pane";
const NONE = "none";

/** The pane that was open when the page was left, by its place; at a first visit the examples: GraphiQL itself forgets it on loading. */
const OPEN = opened();

/** The whole page: the bar, and GraphiQL on this hub's endpoint, which begins with what the caller may run. */
export function Explorer() {
  const { token, viewer } = useSession();
  const fetcher = useMemo(() => createFetcher(token), [token]);
  useEffect(() => void askViewer(token), [token]);
  return (
    <>
      <Header page="queries" />
      {viewer !== undefined && (
        <main>
          <GraphiQL
            fetcher={fetcher}
            defaultTabs={SHARED ? [SHARED] : firstTabs(viewer)}
            {...(SHARED && { initialQuery: SHARED.query, initialVariables: SHARED.variables ?? "" })}
            plugins={PLUGINS}
            {...(OPEN && { visiblePlugin: OPEN })}
            onTogglePluginVisibility={(plugin) => localStorage.setItem(PANE, plugin ? String(PLUGINS.indexOf(plugin)) : NONE)}
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
                  <ShareButton />
                </>
              )}
            </GraphiQL.Toolbar>
            <GraphiQL.Footer>
              <Results />
            </GraphiQL.Footer>
            <Editors />
            <Opening />
            <ExplainOpener />
          </GraphiQL>
        </main>
      )}
    </>
  );
}

function opened() {
  const kept = localStorage.getItem(PANE);
  if (kept !== null) return PLUGINS[Number(kept)] ?? null;
  return window.matchMedia("(max-width: 700px)").matches ? null : EXAMPLES_PLUGIN;
}
