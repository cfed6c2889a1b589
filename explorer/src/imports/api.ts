import { t } from "../language";
import { headersOf, REQUEST } from "../request";
import { save } from "../save";
import { current } from "../session";

/** A column of a kind of record, in the page's language. */
export interface Column {
  name: string;
  heading: string;
  otherHeadings: string[];
  required: boolean;
  personal: boolean;
  takes: string;
  note: string | null;
  example: string | null;
}

/** A kind of record that can be imported. */
export interface Kind {
  name: string;
  heading: string;
  recognizedBy: string[][];
  columns: Column[];
}

/** What the hub imports, and whether the caller may. */
export interface Kinds {
  mayWrite: boolean;
  message: string | null;
  maxBytes: number;
  kinds: Kind[];
}

export type Outcome = "NEW" | "CHANGED" | "SAME" | "REFUSED";
export type State = "RUNNING" | "WRITTEN" | "REHEARSED" | "REFUSED" | "UNREADABLE" | "CANCELLED" | "BROKEN_OFF";

/** What is wrong with a row, or with a cell of it. */
export interface Fault {
  row: number;
  cell: string | null;
  column: string | null;
  heading: string | null;
  code: string;
  severity: "ERROR" | "WARNING";
  value: string | null;
  message: string;
}

/** What became of a file; of one that could not be read only the problem. */
export interface Report {
  written: boolean;
  problem?: { code: string; message: string };
  format?: { name: string; encoding?: string; delimiter?: string; sheet?: string };
  headingRow?: number;
  ignoredHeadings?: string[];
  rows?: number;
  emptyRows?: number;
  exampleRows?: number;
  faultCount?: number;
  faults?: Fault[];
}

/** An import, running or ended. */
export interface Job {
  id: number;
  union: string;
  principal: string;
  kind: string;
  file: string;
  dryRun: boolean;
  goodRowsOnly: boolean;
  state: State;
  stage: "WAITING" | "READING" | "WRITING" | "ENDING" | null;
  doneRows: number;
  totalRows: number | null;
  startedAt: string;
  endedAt: string | null;
  counts: Record<Outcome, number>;
  warnings: number;
  cancelledBy: string | null;
  report?: Report;
}

/** How a file is imported. */
export interface Options {
  dryRun: boolean;
  goodRowsOnly: boolean;
  refuseChanges: boolean;
}

/** Why the hub did not do what was asked, in words for people. */
export class Refusal extends Error {
  constructor(
    message: string,
    readonly code: string,
  ) {
    super(message);
  }
}

/** What a page says of an error. */
export function messageOf(error: unknown): string {
  return error instanceof Refusal ? error.message : String(error);
}

export const NO_ANSWER = "NO_ANSWER";

export async function askKinds(): Promise<Kinds> {
  return (await answer(await ask("GET", "/imports"))) as Kinds;
}

export async function askJobs(): Promise<Job[]> {
  return (await answer(await ask("GET", "/imports/jobs"))) as Job[];
}

export async function askJob(id: number): Promise<Job> {
  return (await answer(await ask("GET", `/imports/jobs/${id}`))) as Job;
}

export async function cancelJob(id: number): Promise<void> {
  await answer(await ask("DELETE", `/imports/jobs/${id}`));
}

/** Fetches a workbook, the template of a kind or the marked one of a job, and hands it to the browser to save. */
export async function download(path: string, name: string): Promise<void> {
  const response = await ask("GET", path);
  if (!response.ok) await answer(response);
  save(await response.blob(), name);
}

/**
 * Sends a file, and returns the number of its job, which the hub goes on with whether or not the page stays open.
 * `sent` is told the share of the file that has gone. XMLHttpRequest, since fetch does not say how far a body is.
 */
export function send(kind: string, file: File, options: Options, sent: (share: number) => void, signal: AbortSignal): Promise<number> {
  const chosen = Object.entries(options).filter(([, is]) => is);
  const query = new URLSearchParams(chosen.map(([name]) => [name, "true"]));
  const request = new XMLHttpRequest();
  request.open("POST", `/imports/${kind}?${query}`);
  for (const [name, value] of Object.entries(headers())) request.setRequestHeader(name, value);
  request.setRequestHeader("Content-Type", "application/octet-stream");
  request.setRequestHeader("X-Unionhub-Import", encodeURIComponent(file.name));
  request.setRequestHeader("Prefer", "respond-async");
  signal.addEventListener("abort", () => request.abort());
  return new Promise((resolve, reject) => {
    request.upload.onprogress = ({ loaded, total }) => sent(total > 0 ? loaded / total : 0);
    request.onerror = () => reject(unreachable());
    request.onabort = () => reject(new Refusal(t("You stopped it; nothing was written.", "已停止，未写入任何数据。"), "STOPPED"));
    request.onload = () => {
      const found = read(request.responseText) as { job?: number } | null;
      if (request.status < 300 && found?.job !== undefined) resolve(found.job);
      else reject(refusalOf(found, request.status));
    };
    request.send(file);
  });
}

async function ask(method: string, path: string): Promise<Response> {
  try {
    return await fetch(path, { method, headers: headers(), cache: "no-store", ...REQUEST });
  } catch {
    throw unreachable();
  }
}

async function answer(response: Response): Promise<unknown> {
  const found = read(await response.text());
  if (!response.ok || found === null) throw refusalOf(found, response.status);
  return found;
}

function headers(): Record<string, string> {
  return headersOf(current().token, "application/json");
}

function read(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function refusalOf(found: unknown, status: number): Refusal {
  const error = (found as { errors?: { message: string; extensions?: { code?: string } }[] } | null)?.errors?.[0];
  if (error) return new Refusal(error.message, error.extensions?.code ?? String(status));
  if (status === 413)
    return new Refusal(
      t("A proxy before the hub does not let a file of this size through. Tell the operator, or send it in parts.", "服务器前的代理不允许发送这么大的文件，请联系运维人员，或分批导入。"),
      "413",
    );
  return new Refusal(t(`The hub answered ${status}. Try again.`, `服务器返回 ${status}，请重试。`), String(status));
}

function unreachable(): Refusal {
  return new Refusal(
    t("The hub cannot be reached. What it has begun goes on: look at the past imports below.", "无法连接服务器。已开始的导入会继续进行，请查看下方的导入记录。"),
    NO_ANSWER,
  );
}
