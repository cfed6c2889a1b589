import { useCallback, useEffect, useRef, useState } from "react";
import { LOCALE, t } from "../language";
import { askJob, askJobs, cancelJob, type Job, type Kind, messageOf } from "./api";
import { JobReport } from "./JobReport";
import { JobProgress } from "./Progress";
import { number, OUTCOME_WORDS, OUTCOMES, stateOf } from "./words";

/** The time between two looks while something runs, in ms. */
const PAUSE = 2_000;

const TIME = new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium", timeStyle: "short" });

/** The newest imports of the unions in sight. `done` changes when this page has ended one. */
export function PastJobs({ kinds, done }: { kinds: Kind[]; done: unknown }) {
  const [jobs, setJobs] = useState<Job[]>([]);
  const [failure, setFailure] = useState<string | null>(null);
  const [open, setOpen] = useState<Job | null>(null);

  const look = useCallback(async () => {
    try {
      setJobs(await askJobs());
      setFailure(null);
    } catch (error) {
      setFailure(messageOf(error));
    }
  }, []);

  useEffect(() => void look(), [look, done]);
  const runs = jobs.some((job) => job.state === "RUNNING");
  useEffect(() => {
    if (!runs) return;
    const timer = setInterval(() => document.visibilityState === "visible" && void look(), PAUSE);
    return () => clearInterval(timer);
  }, [runs, look]);

  async function show(job: Job): Promise<void> {
    try {
      setOpen(await askJob(job.id));
    } catch (error) {
      setFailure(messageOf(error));
    }
  }
  return (
    <section className="step" aria-labelledby="past">
      <h2 id="past">{t("Past imports", "导入记录")}</h2>
      {failure && (
        <p className="amiss" role="alert">
          {failure}
        </p>
      )}
      {jobs.length === 0 ? (
        <p className="faint">{t("None yet.", "暂无。")}</p>
      ) : (
        <div className="scroll" role="group" tabIndex={0} aria-label={t("List of imports", "导入列表")}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t("When", "时间")}</th>
                <th scope="col">{t("File", "文件")}</th>
                <th scope="col">{t("Kind", "种类")}</th>
                <th scope="col">{t("Who", "导入人")}</th>
                <th scope="col">{t("State", "状态")}</th>
                <th scope="col">{t("Rows", "行数")}</th>
                <th scope="col">{t("Report", "报告")}</th>
              </tr>
            </thead>
            <tbody>
              {jobs.map((job) => (
                <JobRow key={job.id} job={job} kinds={kinds} onShow={() => void show(job)} onChange={() => void look()} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {open && <Opened job={open} onClose={() => setOpen(null)} />}
    </section>
  );
}

function JobRow({ job, kinds, onShow, onChange }: { job: Job; kinds: Kind[]; onShow: () => void; onChange: () => void }) {
  const counts = OUTCOMES.filter((outcome) => job.counts[outcome] > 0).map((outcome) => `${OUTCOME_WORDS[outcome]} ${number(job.counts[outcome])}`);
  const runs = job.state === "RUNNING";
  return (
    <tr>
      <td>{TIME.format(new Date(job.startedAt))}</td>
      <td className="name">{job.file}</td>
      <td>{kinds.find((kind) => kind.name === job.kind)?.heading ?? job.kind}</td>
      <td>
        {job.principal}
        <br />
        <span className="faint">{job.union}</span>
      </td>
      <td>{runs ? <JobProgress job={job} /> : stateOf(job)}</td>
      <td>{counts.join(t(", ", "，")) || "–"}</td>
      <td>
        {runs ? (
          <button type="button" aria-label={t(`Cancel the import of ${job.file}`, `取消导入 ${job.file}`)} onClick={() => void cancelJob(job.id).then(onChange, onChange)}>
            {t("Cancel", "取消")}
          </button>
        ) : (
          <button type="button" aria-label={t(`Show the report of ${job.file}`, `查看 ${job.file} 的报告`)} onClick={onShow}>
            {t("Show", "查看")}
          </button>
        )}
      </td>
    </tr>
  );
}

/** The report of a past import; its heading takes the focus, so that a screen reader begins there. */
function Opened({ job, onClose }: { job: Job; onClose: () => void }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), [job]);
  return (
    <div className="opened">
      <h3 ref={heading} tabIndex={-1}>
        {`${job.file} · ${TIME.format(new Date(job.startedAt))}`}
      </h3>
      <JobReport job={job} mine={false} />
      <p className="buttons">
        <button type="button" onClick={onClose}>
          {t("Close", "关闭")}
        </button>
      </p>
    </div>
  );
}
