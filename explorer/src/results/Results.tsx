import { useState } from "react";
import { useTables } from "./answer";
import { ChartView } from "./ChartView";
import { csvOf, save } from "./csv";
import { foremost } from "./rows";
import { TableView } from "./TableView";

const VIEWS = ["JSON", "Table", "Chart"] as const;

/** The bar below an answer that shows a list of it as a table or a chart, in the answer's place, and saves it as CSV. */
export function Results() {
  const tables = useTables();
  const [view, show] = useState<(typeof VIEWS)[number]>("JSON");
  const [path, choose] = useState("");
  const table = tables.find((one) => one.path === path) ?? foremost(tables);
  if (table === null) return null;
  return (
    <section className="results" aria-label="Results">
      {view !== "JSON" && (
        <div className="results-view" role="region" aria-label={view} tabIndex={0}>
          {view === "Table" ? <TableView table={table} /> : <ChartView key={table.path} table={table} />}
        </div>
      )}
      <div className="results-bar">
        <div role="group" aria-label="Show the answer as">
          {VIEWS.map((one) => (
            <button key={one} type="button" aria-pressed={one === view} onClick={() => show(one)}>
              {one}
            </button>
          ))}
        </div>
        {tables.length > 1 && (
          <select aria-label="List" value={table.path} onChange={(event) => choose(event.target.value)}>
            {tables.map((one) => (
              <option key={one.path} value={one.path}>
                {short(one.path)}
              </option>
            ))}
          </select>
        )}
        <span className="results-count">
          {table.rows.length.toLocaleString("en")} {table.rows.length === 1 ? "row" : "rows"}
        </span>
        <button type="button" title="Save the rows for a spreadsheet" onClick={() => save(csvOf(table), `${short(table.path)}.csv`)}>
          CSV
        </button>
      </div>
    </section>
  );
}

/** A path without the names that every list has. */
function short(path: string): string {
  return path.replace(/\.(nodes|groups|edges)(?=\.|$)/g, "");
}
