import type { Cell } from "./rows";

/** What a spreadsheet would take for the beginning of a formula. A plain negative number is none. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;
const NUMBER = /^-?\d+(\.\d+)?$/;

/** A table as CSV by RFC 4180, with the mark by which Excel knows UTF-8; what is not told is an empty cell. */
export function csvOf({ columns, rows }: { columns: { name: string }[]; rows: Cell[][] }): string {
  const lines = [columns.map(({ name }) => name), ...rows];
  return `\uFEFF${lines.map((line) => line.map(field).join(",")).join("\r\n")}\r\n`;
}

function field(cell: Cell): string {
  if (cell === null) return "";
  const text = String(cell);
  const safe = FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
