import { useState } from "react";
import { type Cell, numberIn, type Table } from "./rows";
import { quantity, shown } from "./TableView";

/** A day, month, quarter or year as statistics name them. */
const TIME = /^\d{4}(-\d{2}(-\d{2})?|-Q[1-4])?$/;

/** What a row is called by when it has no keys, the better first. */
const NAMES = [/(^|\.)(name|title|label)$/i, /(^|\.)(code|number)$/i];

interface Bar {
  /** The values of the keys, or the name of the row. */
  labels: string[];
  value: Cell;
}

/** One quantity of a list as bars; as columns, where the rows are times. */
export function ChartView({ table }: { table: Table }) {
  const measures = table.columns.flatMap(({ name, isMeasure }, index) => (isMeasure ? [{ name, index }] : []));
  const [wanted, want] = useState<string | null>(null);
  const measure = measures.find(({ name }) => name === wanted) ?? measures[0];
  if (measure === undefined) return <p className="results-note">No column of this list is a quantity that could be drawn.</p>;

  const labels = labelColumns(table);
  const bars = table.rows.map((row, index) => ({
    labels: labels.length > 0 ? labels.map((at) => shown(row[at] ?? null)) : [String(index + 1)],
    value: row[measure.index] ?? null,
  }));
  const inTime = bars.length > 1 && bars.every((bar) => bar.labels.length === 1 && TIME.test(bar.labels[0] ?? ""));
  return (
    <figure className="results-chart">
      <figcaption>
        {measures.length > 1 ? (
          <select aria-label="Quantity" value={measure.name} onChange={(event) => want(event.target.value)}>
            {measures.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        ) : (
          <strong>{measure.name}</strong>
        )}
        {labels.length > 0 && ` by ${labels.map((at) => table.columns[at]?.name).join(", ")}`}
      </figcaption>
      {inTime ? <Columns bars={bars} of={measure.name} /> : <Bars bars={bars} />}
    </figure>
  );
}

/** The columns that say what a row is about. */
function labelColumns({ columns }: Table): number[] {
  const keys = columns.flatMap(({ isKey }, index) => (isKey ? [index] : []));
  if (keys.length > 0) return keys;
  const named = [...NAMES.map((name) => columns.findIndex((column) => name.test(column.name)))].find((at) => at >= 0);
  const other = columns.findIndex(({ isMeasure }) => !isMeasure);
  return [named ?? other].filter((at) => at >= 0);
}

function Bars({ bars }: { bars: Bar[] }) {
  const most = highest(bars);
  const nested = bars.some(({ labels }) => labels.length > 1);
  const groups = new Map<string, Bar[]>();
  for (const { labels, value } of bars) {
    const [heading = "", ...rest] = nested ? labels : ["", ...labels];
    groups.set(heading, [...(groups.get(heading) ?? []), { labels: rest, value }]);
  }
  return [...groups].map(([heading, below]) => (
    <section key={heading}>
      {heading && <h3>{heading}</h3>}
      <ul>
        {below.map(({ labels, value }, index) => (
          <li key={index}>
            <span>{labels.join(" · ")}</span>
            <svg aria-hidden="true" width="100%" height="12">
              <rect width={`${share(value, most) * 100}%`} height="12" rx="2" />
            </svg>
            <span className="results-figure">{quantity(value)}</span>
          </li>
        ))}
      </ul>
    </section>
  ));
}

const HEIGHT = 240;
const LEFT = 48;

function Columns({ bars, of }: { bars: Bar[]; of: string }) {
  const top = rounded(highest(bars));
  const slot = Math.min(Math.max(360 / bars.length, 8), 48);
  const every = Math.ceil(60 / slot);
  const width = LEFT + slot * bars.length + 24;
  const first = bars[0]?.labels[0];
  const last = bars.at(-1)?.labels[0];
  return (
    <div className="results-columns">
      <svg role="img" aria-label={`${of}, ${first} to ${last}; the table has the values`} width={width} height={HEIGHT + 48}>
        {[0, 0.5, 1].map((part) => (
          <g key={part} transform={`translate(0 ${20 + HEIGHT * (1 - part)})`}>
            <line x1={LEFT} x2={width} />
            <text x={LEFT - 6} y="4" textAnchor="end">
              {quantity(top * part)}
            </text>
          </g>
        ))}
        {bars.map(({ labels, value }, index) => {
          const height = share(value, top) * HEIGHT;
          const middle = LEFT + slot * (index + 0.5);
          return (
            <g key={index}>
              <title>{`${labels[0]}: ${quantity(value)}`}</title>
              <rect x={middle - slot * 0.36} y={20 + HEIGHT - height} width={slot * 0.72} height={height} rx="2" />
              {(slot >= 30 || value === null) && (
                <text x={middle} y={14 + HEIGHT - height} textAnchor="middle">
                  {quantity(value)}
                </text>
              )}
              {index % every === 0 && (
                <text x={middle} y={HEIGHT + 38} textAnchor="middle">
                  {labels[0]}
                </text>
              )}
            </g>
          );
        })}
      </svg>
    </div>
  );
}

function highest(bars: Bar[]): number {
  return bars.reduce((most, { value }) => Math.max(most, numberIn(value) ?? 0), 0);
}

function share(value: Cell, most: number): number {
  return most > 0 ? Math.max(numberIn(value) ?? 0, 0) / most : 0;
}

const ROUND = [1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10];

/** The next round number: where an axis may end. */
function rounded(most: number): number {
  if (most <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  return (ROUND.find((one) => one * power >= most) ?? 10) * power;
}
