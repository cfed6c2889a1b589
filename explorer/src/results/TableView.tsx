import { type Cell, numberIn, type Table } from "./rows";

/** A list of an answer as a table; what the hub did not tell is a dash. */
export function TableView({ table }: { table: Table }) {
  return (
    <table className="results-table">
      <caption>{table.path}</caption>
      <thead>
        <tr>
          {table.columns.map(({ name, isMeasure }) => (
            <th key={name} scope="col" data-measure={isMeasure}>
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {table.rows.map((row, index) => (
          <tr key={index}>
            {row.map((cell, position) => (
              <td key={position} data-measure={table.columns[position]?.isMeasure} data-long={shown(cell).length > 24}>
                {table.columns[position]?.isRate ? quantity(cell, true) : shown(cell)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** A cell as it is read: a dash, never a zero, where nothing was told. */
export function shown(cell: Cell): string {
  return cell === null ? "–" : String(cell);
}

/** A quantity with its thousands marked, or a part of one in per cent. */
export function quantity(cell: Cell, isRate = false): string {
  const style = isRate ? ({ style: "percent", maximumFractionDigits: 2 } as const) : { maximumFractionDigits: 4 };
  return numberIn(cell)?.toLocaleString("en", style) ?? shown(cell);
}
