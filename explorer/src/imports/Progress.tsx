import { t } from "../language";
import type { Job } from "./api";
import type { Run } from "./useImport";
import { number, stageOf } from "./words";

/** How far a run is, with a button that ends it. */
export function RunProgress({ run, onCancel }: { run: Run; onCancel: () => void }) {
  return (
    <div className="progress">
      {run.job === null ? (
        <>
          <p role="status">{run.share < 1 ? t("Sending the file", "正在发送文件") : t("The file has arrived", "文件已送达")}</p>
          <progress max={1} value={run.share} aria-label={t("Share of the file that is sent", "文件发送进度")} />
        </>
      ) : (
        <JobProgress job={run.job} />
      )}
      <button type="button" onClick={onCancel}>
        {t("Cancel", "取消")}
      </button>
    </div>
  );
}

/** How far a job is: its stage, and the rows of it. The stage alone is announced, not every number. */
export function JobProgress({ job }: { job: Job }) {
  const { doneRows: done, totalRows: total } = job;
  const rows = total === null ? t(`${number(done)} rows`, `${number(done)} 行`) : t(`${number(done)} of ${number(total)} rows`, `${number(done)} / ${number(total)} 行`);
  return (
    <>
      <p>
        <span role="status">{stageOf(job)}</span>
        {done > 0 && <span className="faint"> · {rows}</span>}
      </p>
      <progress {...(total ? { max: total, value: done } : {})} aria-label={t("Rows that are done", "已处理行数")} />
    </>
  );
}
