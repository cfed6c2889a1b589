import { useState } from "react";
import { t } from "../language";
import { csvOf } from "../results/csv";
import { saveCsv } from "../save";
import { download, type Fault, type Job, messageOf } from "./api";
import { number, OUTCOME_WORDS, OUTCOMES, readAs, sentenceOf } from "./words";

/** Faults that are shown before somebody asks for more. */
const SHOWN = 50;

/** What became of a file: counts, what is wrong with which cell, and the files to take. `mine` is a job of this page: its workbook is there. */
export function JobReport({ job, mine }: { job: Job; mine: boolean }) {
  const { report } = job;
  const faults = report?.faults ?? [];
  return (
    <>
      <p className="sentence" data-good={isGood(job)}>
        {sentenceOf(job)}
      </p>
      {report?.problem && <p className="amiss">{`${report.problem.message} (${report.problem.code})`}</p>}
      {report?.format && (
        <>
          <dl className="counts">
            {OUTCOMES.map((outcome) => (
              <div key={outcome} data-outcome={outcome} data-some={job.counts[outcome] > 0}>
                <dt>{OUTCOME_WORDS[outcome]}</dt>
                <dd>{number(job.counts[outcome])}</dd>
              </div>
            ))}
            <div data-outcome="WARNINGS" data-some={job.warnings > 0}>
              <dt>{t("warnings", "提示")}</dt>
              <dd>{number(job.warnings)}</dd>
            </div>
          </dl>
          <p className="faint">{readAs(report)}</p>
          {(report.ignoredHeadings?.length ?? 0) > 0 && (
            <p className="faint">
              {t("Columns that are not imported: ", "未导入的列：")}
              {report.ignoredHeadings?.join(t(", ", "、"))}
            </p>
          )}
        </>
      )}
      {!report && job.state !== "CANCELLED" && <p className="faint">{t("The report is no longer kept; the counts stay.", "报告已过保存期，仅保留行数。")}</p>}
      {faults.length > 0 && <Files job={job} mine={mine} />}
      {faults.length > 0 && <Faults of={`${job.file} (${job.id})`} faults={faults} count={report?.faultCount ?? faults.length} />}
    </>
  );
}

/** Whether a job went as it should. */
function isGood(job: Job): boolean {
  return (job.state === "WRITTEN" || job.state === "REHEARSED") && job.counts.REFUSED === 0;
}

function Files({ job, mine }: { job: Job; mine: boolean }) {
  const [failure, setFailure] = useState<string | null>(null);

  async function marked(): Promise<void> {
    setFailure(null);
    try {
      await download(`/imports/jobs/${job.id}/workbook`, `${stem(job.file)}${t(" marked", "（已标注）")}.xlsx`);
    } catch (error) {
      setFailure(messageOf(error));
    }
  }
  return (
    <>
      <p className="buttons">
        {mine && (
          <button type="button" className="primary" onClick={() => void marked()}>
            {t("Download the marked workbook", "下载标注文件")}
          </button>
        )}
        <button type="button" onClick={() => saveReport(job)}>
          {t("Download the report (CSV)", "下载报告（CSV）")}
        </button>
        {mine && <span className="faint">{t("The file with its faulty cells marked and explained: mend it, and drop it here again", "有误的单元格已标注并说明：更正后重新放到此处")}</span>}
      </p>
      {failure && (
        <p className="amiss" role="alert">
          {failure}
        </p>
      )}
    </>
  );
}

function Faults({ of, faults, count }: { of: string; faults: Fault[]; count: number }) {
  const [all, showAll] = useState(false);
  const shown = all ? faults : faults.slice(0, SHOWN);
  return (
    <>
      <h3>{t(count === 1 ? "One place to mend or look at" : `${number(count)} places to mend or look at`, `${number(count)} 处问题`)}</h3>
      <div className="scroll" role="group" tabIndex={0} aria-label={t(`Faults of ${of}`, `${of} 的问题`)}>
        <table className="faults">
          <thead>
            <tr>
              <th scope="col">{t("Row", "行")}</th>
              <th scope="col">{t("Cell", "单元格")}</th>
              <th scope="col">{t("Column", "列")}</th>
              <th scope="col">{t("Value", "值")}</th>
              <th scope="col">{t("What is wrong, and what to do", "问题和处理办法")}</th>
              <th scope="col">{t("Code", "代码")}</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((fault, index) => (
              <tr key={index} data-severity={fault.severity}>
                <th scope="row">{number(fault.row)}</th>
                <td>{fault.cell ?? "–"}</td>
                <td>{fault.heading ?? "–"}</td>
                <td>{fault.value ?? "–"}</td>
                <td>
                  {fault.severity === "WARNING" && <span className="required">{t("warning", "提示")}</span>}
                  {fault.message}
                </td>
                <td className="code">{fault.code}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {faults.length > shown.length && (
        <p className="buttons">
          <button type="button" onClick={() => showAll(true)}>
            {t(`Show all ${number(faults.length)}`, `显示全部 ${number(faults.length)} 处`)}
          </button>
        </p>
      )}
      {count > faults.length && (
        <p className="faint">
          {t(`The first ${number(faults.length)} of ${number(count)} are shown; the marked workbook has all.`, `仅显示 ${number(count)} 处中的前 ${number(faults.length)} 处，标注文件中有全部。`)}
        </p>
      )}
    </>
  );
}

function saveReport(job: Job): void {
  const headings = [t("Row", "行"), t("Cell", "单元格"), t("Column", "列"), t("Value", "值"), t("What to do", "处理办法"), t("Code", "代码"), t("Severity", "程度")];
  const rows = (job.report?.faults ?? []).map(({ row, cell, heading, value, message, code, severity }) => [row, cell, heading, value, message, code, severity]);
  const text = csvOf({ columns: headings.map((name) => ({ name })), rows });
  saveCsv(text, `${stem(job.file)}${t(" report", "（报告）")}.csv`);
}

/** A file's name without its ending. */
function stem(name: string): string {
  return name.replace(/\.[^.]*$/, "");
}
