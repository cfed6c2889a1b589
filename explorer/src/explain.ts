/** One SQL statement of a plan: the field it answers, its rows, and its time in milliseconds. */
export interface Statement {
  path: string;
  sql: string;
  rows: number;
  milliseconds: number;
}

/** `extensions.explain` of an answer: the plan as a tree of text, its statements, and the time of the whole. */
export interface Explain {
  tree: string;
  statements: Statement[];
  total_milliseconds: number;
}

/** The explanation in an answer's extensions, or null if the hub sent none. */
export function explainOf(extensions: unknown): Explain | null {
  if (typeof extensions !== "object" || extensions === null || !("explain" in extensions)) return null;
  const found = extensions.explain;
  if (typeof found !== "object" || found === null) return null;
  const { tree = "", statements = [], total_milliseconds = 0 } = found as Partial<Explain>;
  return { tree, statements, total_milliseconds };
}
