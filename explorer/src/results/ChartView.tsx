import { useState } from "react";
import { t } from "../language";
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
  const measures = table.columns.flatMap(({ name, isMeasure, isRate }, index) => (isMeasure ? [{ name, index, isRate }] : []));
  const [wanted, want] = useState<string | null>(null);
  const measure = measures.find(({ name }) => name === wanted) ?? measures[0];
  if (measure === undefined) return <p className="results-note">{t("No column of this list is a quantity that could be drawn.", "此列表没有可以绘制的数值列。")}</p>;

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
          <select aria-label={t("Quantity", "数值")} value={measure.name} onChange={(event) => want(event.target.value)}>
            {measures.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        ) : (
          <strong>{measure.name}</strong>
        )}
        {labels.length > 0 && t(" by ", "，按 ") + labels.map((at) => table.columns[at]?.name).join(", ")}
      </figcaption>
      {inTime ? <Columns bars={bars} of={measure.name} isRate={measure.isRate} /> : <Bars bars={bars} isRate={measure.isRate} />}
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

/** Bars from a common zero: to the right of it what is more, to the left what is less. */
function Bars({ bars, isRate }: { bars: Bar[]; isRate: boolean }) {
  const { least, most } = rangeOf(bars);
  const nested = bars.some(({ labels }) => labels.length > 1);
  const groups = new Map<string, Bar[]>();
  for (const { labels, value } of bars) {
    const [heading = "", ...rest] = nested ? labels : ["", ...labels];
    groups.set(heading, [...(groups.get(heading) ?? []), { labels: rest, value }]);
  }
  const place = (value: Cell) => share(numberIn(value) ?? 0, least, most);
  const zero = share(0, least, most);
  return [...groups].map(([heading, below]) => (
    <section key={heading}>
      {heading && <h3>{heading}</h3>}
      <ul>
        {below.map(({ labels, value }, index) => (
          <li key={index}>
            <span>{labels.join(" · ")}</span>
            <svg aria-hidden="true" width="100%" height="12">
              {least < 0 && <line x1={percent(zero)} x2={percent(zero)} y2="12" />}
              <rect x={percent(Math.min(zero, place(value)))} width={percent(Math.abs(place(value) - zero))} height="12" rx="2" />
            </svg>
            <span className="results-figure">{quantity(value, isRate)}</span>
          </li>
        ))}
      </ul>
    </section>
  ));
}

const HEIGHT = 240;
const LEFT = 48;

function Columns({ bars, of, isRate }: { bars: Bar[]; of: string; isRate: boolean }) {
  const { least, most } = rangeOf(bars);
  const top = most > 0 || least === 0 ? rounded(most) : 0;
  const bottom = least < 0 ? -rounded(-least) : 0;
  const slot = Math.min(Math.max(360 / bars.length, 8), 48);
  const every = Math.ceil(60 / slot);
  const width = LEFT + slot * bars.length + 24;
  const first = bars[0]?.labels[0];
  const last = bars.at(-1)?.labels[0];
  const height = (value: number) => 20 + HEIGHT * (1 - share(value, bottom, top));
  const label = t(`${of}, ${first} to ${last}; the table has the values`, `${of}，${first} 至 ${last}；数值见表格`);
  return (
    <div className="results-columns">
      <svg role="img" aria-label={label} width={width} height={HEIGHT + 48}>
        {[...new Set([bottom, 0, (bottom + top) / 2, top])].map((value) => (
          <g key={value} transform={`translate(0 ${height(value)})`}>
            <line x1={LEFT} x2={width} />
            <text x={LEFT - 6} y="4" textAnchor="end">
              {quantity(value, isRate)}
            </text>
          </g>
        ))}
        {bars.map(({ labels, value }, index) => {
          const number = numberIn(value) ?? 0;
          const middle = LEFT + slot * (index + 0.5);
          const upper = height(Math.max(number, 0));
          const lower = height(Math.min(number, 0));
          return (
            <g key={index}>
              <title>{`${labels[0]}: ${quantity(value, isRate)}`}</title>
              <rect x={middle - slot * 0.36} y={upper} width={slot * 0.72} height={lower - upper} rx="2" />
              {(slot >= 30 || value === null) && (
                <text x={middle} y={number < 0 ? lower + 12 : upper - 6} textAnchor="middle">
                  {quantity(value, isRate)}
                </text>
              )}
              {index % every === 0 && (
                <text x={middle} y={HEIGHT + 42} textAnchor="middle">
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

/** The least and the most of the values and of zero. */
function rangeOf(bars: Bar[]): { least: number; most: number } {
  const values = bars.map(({ value }) => numberIn(value) ?? 0);
  return { least: Math.min(0, ...values), most: Math.max(0, ...values) };
}

/** How far a value is from the least to the most, 0 to 1. */
function share(value: number, least: number, most: number): number {
  return most > least ? (value - least) / (most - least) : 0;
}

function percent(part: number): string {
  return `${part * 100}%`;
}

const ROUND = [1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10];

/** The next round number: where an axis may end. */
function rounded(most: number): number {
  if (most <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  return (ROUND.find((one) => one * power >= most) ?? 10) * power;
}
