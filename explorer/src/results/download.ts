import { t } from "../language";
import { operationHeadersOf, REQUEST } from "../request";
import { save } from "../save";
import { current } from "../session";

/** The formats in which the hub sends all rows of a list, by what they are called here. */
export const FORMATS = [
  { name: "CSV", media: "text/csv", suffix: "csv" },
  { name: "Excel", media: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", suffix: "xlsx" },
  { name: "NDJSON", media: "application/x-ndjson", suffix: "ndjson" },
] as const;
export type Format = (typeof FORMATS)[number];

/** An operation as it stands in the editors. */
export interface Operation {
  query: string;
  variables: string;
  operationName: string | null;
}

/** How much of the end of a file may be the line that says what went wrong. */
const LAST = 4096;

/** Downloads all rows of the operation's list as a file. Throws an error whose message can be shown. */
export async function downloadAll({ query, variables, operationName }: Operation, format: Format): Promise<void> {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: operationHeadersOf(current().token, format.media),
    body: JSON.stringify({ query, variables: parsed(variables), ...(operationName ? { operationName } : {}) }),
    ...REQUEST,
  });
  if (!response.ok) throw new Error(messageIn(await response.text()));
  let file: Blob;
  try {
    file = await response.blob();
  } catch {
    throw new Error(t("The file broke off and is not whole. Ask for fewer rows.", "文件传输中断，内容不完整，请减少数据量后重试。"));
  }
  const last = format.name === "NDJSON" ? ((await file.slice(-LAST).text()).trimEnd().split("\n").pop() ?? "") : "";
  if (last.startsWith('{"errors":')) throw new Error(messageIn(last));
  save(file, nameIn(response.headers.get("Content-Disposition")) ?? `list.${format.suffix}`);
}

function parsed(variables: string): unknown {
  if (!variables.trim()) return null;
  try {
    return JSON.parse(variables) as unknown;
  } catch {
    throw new Error(t("The variables are not JSON.", "变量不是有效的 JSON。"));
  }
}

function messageIn(body: string): string {
  try {
    const message = (JSON.parse(body) as { errors?: { message?: string }[] }).errors?.[0]?.message;
    if (message) return message;
  } catch {
    // no JSON: said below
  }
  return t("The hub sent no file.", "服务器未返回文件。");
}

function nameIn(header: string | null): string | null {
  return /filename="([^"]+)"/.exec(header ?? "")?.[1] ?? null;
}
