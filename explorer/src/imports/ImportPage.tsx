import { useEffect, useRef, useState } from "react";
import { askViewer } from "../fetcher";
import { Header } from "../Header";
import { t } from "../language";
import { useSession } from "../session";
import { askKinds, type Job, type Kind, type Kinds, messageOf } from "./api";
import { ConfirmStep } from "./ConfirmStep";
import { FileStep } from "./FileStep";
import { JobReport } from "./JobReport";
import { KindStep } from "./KindStep";
import { PastJobs } from "./PastJobs";
import { RunProgress } from "./Progress";
import { isRunning, useImport } from "./useImport";

/** The page for people with spreadsheets: choose a kind, drop the file, see what is wrong, mend it, import. */
export function ImportPage() {
  const { token } = useSession();
  const [kinds, setKinds] = useState<Kinds | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  useEffect(() => void askViewer(token), [token]);
  useEffect(() => {
    let isMine = true;
    setKinds(null);
    setFailure(null);
    askKinds().then(
      (found) => isMine && setKinds(found),
      (error) => isMine && setFailure(messageOf(error)),
    );
    return () => {
      isMine = false;
    };
  }, [token]);
  return (
    <>
      <Header page="imports" />
      <main className="imports">
        <div className="sheet">
          <h1>{t("Import a spreadsheet", "导入表格")}</h1>
          {failure && (
            <p className="amiss" role="alert">
              {failure}
            </p>
          )}
          {kinds && <Steps key={token} kinds={kinds} />}
        </div>
      </main>
    </>
  );
}

function Steps({ kinds }: { kinds: Kinds }) {
  const [kind, setKind] = useState<Kind | null>(null);
  const [file, setFile] = useState<File | null>(null);
  const [refuseChanges, setRefuseChanges] = useState(false);
  const { run, start, cancel, clear } = useImport();
  const busy = isRunning(run);
  const ended = run?.job && run.job.state !== "RUNNING" ? run.job : null;

  function rehearse(chosen: File): void {
    if (kind) void start(kind.name, chosen, { dryRun: true, goodRowsOnly: false, refuseChanges });
  }

  function choose(chosen: Kind): void {
    setKind(chosen);
    setFile(null);
    clear();
  }

  function take(chosen: File): void {
    setFile(chosen);
    rehearse(chosen);
  }
  return (
    <>
      {!kinds.mayWrite && (
        <p className="notice" role="note">
          {kinds.message} {t("You can look at what the hub takes, and download a template.", "您可以查看所需内容并下载模板。")}
        </p>
      )}
      <KindStep kinds={kinds.kinds} kind={kind} onChoose={choose} />
      {kind && kinds.mayWrite && (
        <FileStep
          file={file}
          maxBytes={kinds.maxBytes}
          busy={busy}
          refuseChanges={refuseChanges}
          onRefuseChanges={setRefuseChanges}
          onFile={take}
          onRehearse={() => file && rehearse(file)}
        />
      )}
      {run && (
        <section className="step" aria-labelledby="step-result">
          <ResultHeading dryRun={run.dryRun} ended={ended} failure={run.failure} />
          {busy && <RunProgress run={run} onCancel={cancel} />}
          {run.failure && (
            <p className="amiss" role="alert">
              {run.failure}
            </p>
          )}
          {ended && <JobReport job={ended} mine />}
        </section>
      )}
      {ended && run?.dryRun && kind && file && (
        <ConfirmStep
          key={ended.id}
          rehearsal={ended}
          onImport={(goodRowsOnly) => void start(kind.name, file, { dryRun: false, goodRowsOnly, refuseChanges })}
        />
      )}
      {kinds.mayWrite && <PastJobs kinds={kinds.kinds} done={ended?.id} />}
    </>
  );
}

/** The heading of a rehearsal or an import. When that ends the heading takes the focus, so that a screen reader goes on there. */
function ResultHeading({ dryRun, ended, failure }: { dryRun: boolean; ended: Job | null; failure: string | null }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const key = ended?.id ?? failure;
  useEffect(() => {
    if (key !== null) heading.current?.focus();
  }, [key]);
  return (
    <h2 id="step-result" ref={heading} tabIndex={-1}>
      {dryRun ? t("3. The rehearsal", "3. 预演结果") : t("The import", "导入结果")}
    </h2>
  );
}
