import type { GraphiQLPlugin } from "@graphiql/react";
import { useGraphiQL } from "@graphiql/react";
import { Fragment, useEffect } from "react";
import type { Explain, Statement } from "./explain";
import { counted, t } from "./language";
import { setExplain, useSession } from "./session";

const TITLE = t("Plan", "执行计划");

/** Where a statement is broken into lines to be read. */
const CLAUSE = / ((?:LEFT OUTER |LEFT |CROSS )?JOIN|FROM|WHERE|AND|ORDER BY|GROUP BY|LIMIT)\b/g;

/** The pane that shows how the hub answered: the tree of the plan, and each SQL statement with its rows and time. */
export const EXPLAIN_PLUGIN: GraphiQLPlugin = { title: TITLE, icon: Icon, content: Content };

/** Opens the pane when an answer comes with a plan. */
export function ExplainOpener(): null {
  const explain = useSession().outcome?.explain ?? null;
  const visible = useGraphiQL((state) => state.visiblePlugin);
  useEffect(() => {
    if (explain === null || visible === EXPLAIN_PLUGIN) return;
    // Making a plugin visible by action leaves a pane that was dragged shut at zero width; its button opens that too.
    document.querySelector<HTMLButtonElement>(`.graphiql-sidebar button[aria-label$="${TITLE}"]`)?.click();
    // Only a new plan opens the pane: closing it by hand must hold.
  }, [explain]);
  return null;
}

function Content() {
  const { outcome, explain: wanted } = useSession();
  const explain = outcome?.explain ?? null;
  return (
    <section className="plan" aria-label={t("Query plan", "查询的执行计划")}>
      <h2>{TITLE}</h2>
      {explain ? <Plan explain={explain} /> : <Nothing wanted={wanted} asked={outcome !== null} />}
    </section>
  );
}

function Nothing({ wanted, asked }: { wanted: boolean; asked: boolean }) {
  if (!wanted)
    return (
      <>
        <p>{t("The hub can say how it answers: its plan, the SQL of each node, rows and milliseconds.", "可查看服务器如何作答：执行计划、每一步的 SQL、行数和毫秒数。")}</p>
        <button type="button" className="plan-switch" onClick={() => setExplain(true)}>
          {t("Explain from now on", "开启执行计划")}
        </button>
      </>
    );
  return <p>{asked ? t("The last answer came without a plan.", "上次的结果未附执行计划。") : t("Run an operation to see its plan.", "运行查询后可查看执行计划。")}</p>;
}

function Plan({ explain }: { explain: Explain }) {
  const { statements, tree, total_milliseconds: total } = explain;
  const slowest = Math.max(...statements.map((statement) => statement.milliseconds), Number.MIN_VALUE);
  const rows = statements.reduce((sum, statement) => sum + statement.rows, 0);
  return (
    <>
      <p className="plan-sum">
        {counted(statements.length, "statement", "条语句")}, {counted(rows, "row", "行")}, {time(total)}
      </p>
      {tree && <pre className="plan-tree">{tree}</pre>}
      <ol className="plan-statements">
        {statements.map((statement, index) => (
          <StatementItem key={index} statement={statement} share={statement.milliseconds / slowest} />
        ))}
      </ol>
    </>
  );
}

function StatementItem({ statement, share }: { statement: Statement; share: number }) {
  return (
    <li>
      <details>
        <summary>
          <span className="plan-path">{breakable(statement.path)}</span>
          <span className="plan-figure">{counted(statement.rows, "row", "行")}</span>
          <span className="plan-figure">{time(statement.milliseconds)}</span>
          <meter className="plan-share" min={0} max={1} value={share} aria-label={t("Share of the slowest statement's time", "占最慢语句耗时的比例")} />
        </summary>
        <pre>{statement.sql.replace(CLAUSE, "\n$1")}</pre>
      </details>
    </li>
  );
}

/** A path that may break before its dots. */
function breakable(path: string) {
  return path.split(/(?=\.)/).map((part, index) => (
    <Fragment key={index}>
      {index > 0 && <wbr />}
      {part}
    </Fragment>
  ));
}

function time(milliseconds: number): string {
  return `${milliseconds.toFixed(milliseconds < 10 ? 2 : 1)} ms`;
}

function Icon() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinejoin="round">
      <rect x="3" y="3" width="7" height="5" rx="1" />
      <rect x="14" y="9.5" width="7" height="5" rx="1" />
      <rect x="14" y="17" width="7" height="5" rx="1" />
      <path d="M6.5 8v11.5H14M6.5 12H14" strokeLinecap="round" />
    </svg>
  );
}
