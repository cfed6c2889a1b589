import { useRef, useState } from "react";
import { askJob, cancelJob, type Job, messageOf, NO_ANSWER, type Options, Refusal, send } from "./api";

/** A rehearsal or an import, as far as it is: first the file is sent, then there is a job. */
export interface Run {
  dryRun: boolean;
  /** The share of the file that has gone. */
  share: number;
  job: Job | null;
  failure: string | null;
}

const SHORTEST = 250;
const LONGEST = 1_000;
/** How often the hub is asked again when it cannot be reached. */
const TRIES = 60;

/** Whether a run goes on. */
export function isRunning(run: Run | null): boolean {
  return run !== null && run.failure === null && (run.job === null || run.job.state === "RUNNING");
}

/** Runs imports, one at a time; the last one stays to be looked at. */
export function useImport() {
  const [run, setRun] = useState<Run | null>(null);
  const sending = useRef<AbortController | null>(null);

  async function start(kind: string, file: File, options: Options): Promise<void> {
    sending.current?.abort();
    const mine = new AbortController();
    sending.current = mine;
    const change = (part: Partial<Run>) => {
      if (sending.current === mine) setRun((last) => last && { ...last, ...part });
    };
    setRun({ dryRun: options.dryRun, share: 0, job: null, failure: null });
    try {
      const id = await send(kind, file, options, (share) => change({ share }), mine.signal);
      await follow(id, (job) => change({ job }), mine.signal);
    } catch (error) {
      change({ failure: messageOf(error) });
    }
  }

  function cancel(): void {
    const job = run?.job;
    if (job) void cancelJob(job.id).catch(() => undefined);
    else sending.current?.abort();
  }

  function clear(): void {
    sending.current?.abort();
    sending.current = null;
    setRun(null);
  }

  return { run, start, cancel, clear };
}

/** Asks for a job until it has ended. */
async function follow(id: number, seen: (job: Job) => void, signal: AbortSignal): Promise<void> {
  let failures = 0;
  for (let wait = SHORTEST; !signal.aborted; wait = Math.min(LONGEST, wait * 1.5)) {
    try {
      const job = await askJob(id);
      failures = 0;
      seen(job);
      if (job.state !== "RUNNING") return;
    } catch (error) {
      failures += 1;
      if (failures > TRIES || (error instanceof Refusal && error.code !== NO_ANSWER)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}
