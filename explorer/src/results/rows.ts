/** What stands in a cell; null is what the hub did not tell, suppressed small numbers among it. */
export type Cell = string | number | boolean | null;

/** A column: its name, whether it says what a row is about (`keys`), whether it can be drawn, and whether it is a part of one. */
export interface Column {
  name: string;
  isKey: boolean;
  isMeasure: boolean;
  isRate: boolean;
}

/** A list of an answer as a table; `path` says where it stood below `data`. */
export interface Table {
  path: string;
  columns: Column[];
  rows: Cell[][];
}

type Fields = Record<string, unknown>;

/** Lists that say what a row is about, as `groups` have them. */
const KEYS = "keys";

/** Names of columns whose digits are no quantity. */
const NO_QUANTITY = /(^|\.)(id|code|number|phone|cursor|\w+(Id|Code|Number|Phone))$/;

/** Names of measures that are parts of one, and are read in per cent. */
const RATE = /(^|\.)(\w+Share|settledBeforeArbitration)$/;

/** Decimals come as texts, lest they be rounded. */
const DECIMAL = /^-?\d+(\.\d+)?$/;

/**
 * The lists of an answer's data, in its order, without those within the rows of others: these are cells of the row. What stands
 * in the only row of a list counts as a list of its own. An answer without lists is a table of one row.
 */
export function tablesOf(data: unknown): Table[] {
  if (!isFields(data)) return [];
  const found: Table[] = [];
  collect(data, [], found);
  return found.length > 0 ? found : [tableOf("data", [data])].filter(({ columns }) => columns.length > 0);
}

/** The table that is shown first: one with several rows, if there is one. */
export function foremost(tables: Table[]): Table | null {
  return tables.find(({ rows }) => rows.length > 1) ?? tables[0] ?? null;
}

/** The number in a cell; null where there is none. */
export function numberIn(cell: Cell | undefined): number | null {
  if (typeof cell === "number") return cell;
  return typeof cell === "string" && DECIMAL.test(cell) ? Number(cell) : null;
}

function collect(fields: Fields, path: string[], found: Table[]): void {
  for (const [name, value] of Object.entries(fields)) {
    if (isFields(value)) collect(value, [...path, name], found);
    if (!Array.isArray(value) || name === KEYS) continue;
    const rows = value.map((row: unknown) => (name === "edges" && isFields(row) ? row.node : row)).filter(isFields);
    if (rows.length > 0) found.push(tableOf([...path, name].join("."), rows));
    if (rows.length === 1 && rows[0]) collect(rows[0], [...path, name], found);
  }
}

function tableOf(path: string, rows: Fields[]): Table {
  const flat = rows.map((row) => {
    const cells = new Map<string, Cell>();
    flatten(row, "", cells);
    return cells;
  });
  const keys = new Set(rows.flatMap(keyNames));
  const names = [...new Set(flat.flatMap((row) => [...row.keys()]))];
  const kept = names.filter((name) => !stoodForObject(name, names, flat));
  return {
    path,
    columns: kept.map((name) => ({
      name,
      isKey: keys.has(name),
      isMeasure: !keys.has(name) && isMeasure(name, flat.map((row) => row.get(name) ?? null)),
      isRate: RATE.test(name),
    })),
    rows: flat.map((row) => kept.map((name) => row.get(name) ?? null)),
  };
}

/** Puts the leaves below a value into `cells` under their path; of connections and lists within, the rows are one cell. */
function flatten(value: unknown, path: string, cells: Map<string, Cell>): void {
  if (Array.isArray(value)) {
    if (path === KEYS) value.forEach((key, index) => cells.set(keyName(key, index), textOfKey(key)));
    else cells.set(path, value.map(textOf).join("; "));
  } else if (isFields(value)) {
    for (const [name, below] of Object.entries(value)) {
      if (name === "pageInfo" || name === "__typename") continue;
      const inside = (name === "nodes" || name === "edges") && Array.isArray(below);
      flatten(below, inside && path ? path : path ? `${path}.${name}` : name, cells);
    }
  } else cells.set(path, scalar(value));
}

function keyNames(row: Fields): string[] {
  const keys = row[KEYS];
  return Array.isArray(keys) ? keys.map(keyName) : [];
}

function keyName(key: unknown, index: number): string {
  return isFields(key) && typeof key.dimension === "string" ? key.dimension : `key ${index + 1}`;
}

function textOfKey(key: unknown): Cell {
  return isFields(key) ? scalar(key.label ?? key.value) : scalar(key);
}

/** A row within a cell: its leaves beside each other. */
function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).join(", ");
  if (isFields(value)) return Object.values(value).map(textOf).filter(Boolean).join(" ");
  return String(scalar(value) ?? "");
}

function scalar(value: unknown): Cell {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : null;
}

/** Whether the column is only there because an object was null in some row. */
function stoodForObject(name: string, names: string[], rows: Map<string, Cell>[]): boolean {
  return names.some((other) => other.startsWith(`${name}.`)) && rows.every((row) => (row.get(name) ?? null) === null);
}

function isMeasure(name: string, cells: Cell[]): boolean {
  const told = cells.filter((cell) => cell !== null);
  return told.length > 0 && !NO_QUANTITY.test(name) && told.every((cell) => numberIn(cell) !== null);
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
