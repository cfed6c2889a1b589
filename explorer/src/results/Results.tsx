import { useState } from "react";
import { counted, t } from "../language";
import { saveCsv } from "../save";
import { useTables } from "./answer";
import { ChartView } from "./ChartView";
import { csvOf } from "./csv";
import { DownloadAll } from "./DownloadAll";
import { foremost } from "./rows";
import { TableView } from "./TableView";

const VIEWS = [
  { name: "JSON", title: "JSON" },
  { name: "Table", title: t("Table", "表格") },
  { name: "Chart", title: t("Chart", "图表") },
] as const;
type View = (typeof VIEWS)[number]["name"];

/** The bar below an answer that shows a list of it as a table or a chart, in the answer's place, and saves it as CSV. */
export function Results() {
  const tables = useTables();
  const [view, show] = useState<View>("JSON");
  const [path, choose] = useState("");
  const table = tables.find((one) => one.path === path) ?? foremost(tables);
  if (table === null) return null;
  return (
    <section className="results" aria-label={t("Results", "结果")}>
      {view !== "JSON" && (
        <div className="results-view" role="region" aria-label={VIEWS.find(({ name }) => name === view)?.title} tabIndex={0}>
          {view === "Table" ? <TableView table={table} /> : <ChartView key={table.path} table={table} />}
        </div>
      )}
      <div className="results-bar">
        <div role="group" aria-label={t("Show the answer as", "结果显示为")}>
          {VIEWS.map(({ name, title }) => (
            <button key={name} type="button" aria-pressed={name === view} onClick={() => show(name)}>
              {title}
            </button>
          ))}
        </div>
        {tables.length > 1 && (
          <select aria-label={t("List", "列表")} value={table.path} onChange={(event) => choose(event.target.value)}>
            {tables.map((one) => (
              <option key={one.path} value={one.path}>
                {short(one.path)}
              </option>
            ))}
          </select>
        )}
        <span className="results-count">
          {counted(table.rows.length, "row", "行")}
        </span>
        <button type="button" title={t("Save the rows for a spreadsheet", "保存为电子表格可用的文件")} onClick={() => saveCsv(csvOf(table), `${short(table.path)}.csv`)}>
          CSV
        </button>
        <DownloadAll />
      </div>
    </section>
  );
}

/** A path without the names that every list has. */
function short(path: string): string {
  return path.replace(/\.(nodes|groups|edges)(?=\.|$)/g, "");
}
