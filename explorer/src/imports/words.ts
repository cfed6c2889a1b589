import { t } from "../language";
import type { Job, Outcome, Report } from "./api";

export const OUTCOMES: readonly Outcome[] = ["NEW", "CHANGED", "SAME", "REFUSED"];

export const OUTCOME_WORDS: Record<Outcome, string> = {
  NEW: t("new", "新增"),
  CHANGED: t("changed", "变更"),
  SAME: t("the same", "无变化"),
  REFUSED: t("refused", "退回"),
};

const STAGES: Record<NonNullable<Job["stage"]>, string> = {
  WAITING: t("Waiting for other imports", "等待其他导入完成"),
  READING: t("Reading the file", "正在读取文件"),
  WRITING: t("Checking the rows", "正在检查各行"),
  ENDING: t("Finishing", "即将完成"),
};

const STATES: Record<Job["state"], string> = {
  RUNNING: t("Running", "进行中"),
  WRITTEN: t("Written", "已写入"),
  REHEARSED: t("Rehearsed", "已预演"),
  REFUSED: t("Nothing written: rows have errors", "有错误，未写入"),
  UNREADABLE: t("The file cannot be read", "文件无法读取"),
  CANCELLED: t("Cancelled", "已取消"),
  BROKEN_OFF: t("Broken off", "已中断"),
};

/** A number as people write it. */
export function number(value: number): string {
  return value.toLocaleString("en");
}

/** What a job does. */
export function stageOf(job: Job): string {
  return job.stage === null ? STATES.RUNNING : STAGES[job.stage];
}

/** What became of a job. */
export function stateOf(job: Job): string {
  return STATES[job.state];
}

/** What became of a file, in a sentence. */
export function sentenceOf(job: Job): string {
  const { NEW, CHANGED, SAME, REFUSED } = job.counts;
  if (job.state === "CANCELLED") return t(`${job.cancelledBy ?? "Somebody"} has cancelled it; nothing was written.`, `${job.cancelledBy ?? "已"}取消导入，未写入任何数据。`);
  if (job.state === "BROKEN_OFF") return t("It was broken off, and nothing was written. Send the file again.", "导入已中断，未写入任何数据，请重新发送文件。");
  if (job.state === "UNREADABLE") return t("The file cannot be read, and nothing was written.", "文件无法读取，未写入任何数据。");
  if (job.state === "REFUSED") return t("Nothing was written, since rows have errors.", "有错误，未写入任何数据。");
  if (job.state === "WRITTEN" && NEW + CHANGED === 0 && REFUSED === 0)
    return t("Every row is in the hub already as it is in this file.", "文件中各行与系统中已有的记录完全一致。");
  if (job.state === "WRITTEN")
    return REFUSED > 0
      ? t("The good rows are in the hub; the others are in the marked workbook.", "正确的行已写入，其余各行见标注文件。")
      : t("All rows are in the hub.", "所有行均已写入。");
  if (REFUSED > 0) return t("Some rows have errors. Nothing has been written yet.", "部分行有错误，尚未写入任何数据。");
  if (NEW + CHANGED === 0 && SAME > 0) return t("Every row is in the hub already as it is in this file. There is nothing to import.", "文件中各行与系统中已有的记录完全一致，无须导入。");
  if (NEW + CHANGED === 0) return t("The file has no rows.", "文件中没有数据行。");
  return t("No row has an error. Nothing has been written yet.", "各行均无错误，尚未写入任何数据。");
}

/** How a file was read, in a sentence. */
export function readAs(report: Report): string {
  const { format, headingRow = 0, rows = 0, emptyRows = 0, exampleRows = 0 } = report;
  if (!format) return "";
  const parts = [
    format.name,
    format.encoding,
    format.delimiter && delimiterOf(format.delimiter),
    format.sheet && t(`sheet ${format.sheet}`, `工作表“${format.sheet}”`),
    t(`headings in row ${headingRow}`, `列名在第 ${headingRow} 行`),
    t(`${number(rows)} ${rows === 1 ? "row" : "rows"}`, `共 ${number(rows)} 行`),
    emptyRows > 0 && t(`${number(emptyRows)} empty rows left out`, `略过空行 ${number(emptyRows)} 行`),
    exampleRows > 0 && t("the template's example left out", "略过模板示例行"),
  ];
  return parts.filter(Boolean).join(t(", ", "，"));
}

function delimiterOf(name: string): string {
  const chinese: Record<string, string> = { comma: "逗号", tab: "制表符", semicolon: "分号" };
  return t(`separated by ${name}s`, `以${chinese[name] ?? name}分隔`);
}

/** A size for people. */
export function size(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${(bytes / 1_000).toFixed(0)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
