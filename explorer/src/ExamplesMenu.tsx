import { ToolbarButton, ToolbarMenu, useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { useEffect, useRef } from "react";
import { EXAMPLES, type Example } from "./examples";

/** A menu of the example operations; each opens in a new tab, also after its first tab was closed. */
export function ExamplesMenu() {
  const { addTab } = useGraphiQLActions();
  const { queryEditor, variableEditor, activeTabIndex } = useGraphiQL((state) => ({
    queryEditor: state.queryEditor,
    variableEditor: state.variableEditor,
    activeTabIndex: state.activeTabIndex,
  }));
  const chosen = useRef<Example | null>(null);
  useEffect(() => {
    if (chosen.current === null) return;
    queryEditor?.setValue(chosen.current.query);
    variableEditor?.setValue(chosen.current.variables ?? "");
    chosen.current = null;
  }, [activeTabIndex, queryEditor, variableEditor]);

  return (
    <ToolbarMenu
      button={
        <ToolbarButton label="Open an example">
          <Icon />
        </ToolbarButton>
      }
    >
      {EXAMPLES.map((example) => (
        <ToolbarMenu.Item
          key={example.title}
          onSelect={() => {
            chosen.current = example;
            addTab();
          }}
        >
          {example.title}
        </ToolbarMenu.Item>
      ))}
    </ToolbarMenu>
  );
}

function Icon() {
  return (
    <svg className="graphiql-toolbar-icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.6">
      <path d="M4 5h16M4 12h16M4 19h10" strokeLinecap="round" />
    </svg>
  );
}
