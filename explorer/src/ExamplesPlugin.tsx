import type { GraphiQLPlugin } from "@graphiql/react";
import { useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { useState } from "react";
import { type Example, type Group, offered } from "./examples";
import { t } from "./language";
import { useSession } from "./session";

/** The pane of the example operations: the general ones, then a question of the page each, by article; a box searches them all. */
export const EXAMPLES_PLUGIN: GraphiQLPlugin = { title: t("Examples", "示例"), icon: Icon, content: Content };

function Content() {
  const [sought, seek] = useState("");
  const { viewer } = useSession();
  const open = useOpening();
  const groups = offered(viewer ?? null);
  const words = sought.toLowerCase().split(/\s+/).filter(Boolean);
  const found = groups.map((group) => matching(group, words)).filter(({ examples }) => examples.length > 0);
  return (
    <section className="examples" aria-label={EXAMPLES_PLUGIN.title}>
      <h2>{EXAMPLES_PLUGIN.title}</h2>
      <input
        type="search"
        value={sought}
        placeholder={t("Search questions, phrases, articles", "搜索问题、原文、报道")}
        aria-label={t("Search the examples", "搜索示例")}
        onChange={(event) => seek(event.target.value)}
      />
      {found.map(({ title, examples }, index) => (
        // Another key when a search begins or ends: React leaves `open` to whoever clicks from then on.
        <details key={`${title} ${words.length > 0}`} open={words.length > 0 || index === 0}>
          <summary>
            <span>{title}</span> <span className="examples-count">{examples.length}</span>
          </summary>
          <ul>
            {examples.map((example) => (
              <li key={example.name}>
                <button type="button" data-name={example.name} onClick={() => open(example)}>
                  {example.isOfPage && <span className="examples-code">{example.name}</span>} <span>{example.title}</span>
                  {example.phrase && <small lang={t("zh-CN", "en")}>{example.phrase}</small>}
                </button>
              </li>
            ))}
          </ul>
        </details>
      ))}
      {found.length === 0 && (
        <p role="status">
          {groups.length > 0
            ? t("No example has all of these words.", "没有包含全部关键词的示例。")
            : t("There is no example that you may run.", "暂无可运行的示例。")}
        </p>
      )}
    </section>
  );
}

/** Opens an example: in the tab that has it as it stands, else in a new one. */
export function useOpening(): (example: Pick<Example, "query" | "variables">) => void {
  const { addTab, changeTab, updateActiveTabValues } = useGraphiQLActions();
  const tabs = useGraphiQL((state) => state.tabs);
  const queryEditor = useGraphiQL((state) => state.queryEditor);
  const variableEditor = useGraphiQL((state) => state.variableEditor);
  return ({ query, variables }) => {
    const there = tabs.findIndex((tab) => tab.query === query);
    if (there >= 0) return changeTab(there);
    addTab();
    queryEditor?.setValue(query);
    variableEditor?.setValue(variables ?? "");
    // GraphiQL notes what is typed a moment later, when another tab may have been opened
    updateActiveTabValues({ query, variables: variables ?? "" });
  };
}

/** The group with those examples in which, or in whose heading, every word stands. */
function matching({ title, examples }: Group, words: string[]): Group {
  const has = ({ title: question, name, phrase = "" }: Example) => {
    const text = `${title} ${question} ${name} ${phrase}`.toLowerCase();
    return words.every((word) => text.includes(word));
  };
  return { title, examples: examples.filter(has) };
}

function Icon() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round">
      <path d="M9 5h12M9 12h12M9 19h12" />
      <path d="M4 5h.01M4 12h.01M4 19h.01" strokeWidth="2.6" />
    </svg>
  );
}
