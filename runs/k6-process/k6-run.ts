import { createWriteStream, type WriteStream } from 'node:fs';
import { dirname } from 'node:path';
import { K6_EXIT } from '../../contract/exit-codes.ts';
import type { K6Summary } from '../../contract/k6-summary.ts';
import { messageOf } from '../../lib/errors.ts';
import { PORT_TAKEN } from '../../lib/free-port.ts';
import { maskSecrets } from '../../lib/redact.ts';
import type { Ui } from '../../lib/ui.ts';
import type { K6Id, K6Launcher } from '../../stack/engine/engine.ts';
import { cleanMessage, type K6Progress, parseK6Line, type RequestWindow } from './k6-log.ts';
import { type LogFindings, LogReader } from './log-findings.ts';
import { readK6Summary } from './read-outputs.ts';
import { RunProgress } from './run-progress.ts';

/** One k6 process from its start to its end. */
export interface K6Job {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Values that are replaced wherever k6 prints them. */
  readonly secrets: readonly string[];
  readonly log_file: string;
  readonly summary_file: string;
  readonly title: string;
  readonly planned_s: number;
  /** First one: stop gracefully. */
  readonly stop: AbortSignal;
  /** Called once, when the first user runs, with the time when the load began. */
  readonly onLoad?: (began: Date) => void;
  /** Second one: kill. */
  readonly force: AbortSignal;
  /** Called once, with what finds it again. */
  readonly onK6?: (id: K6Id) => void;
  /** The job on other ports, because another program may take a free port before k6 does. */
  readonly renew?: () => Promise<Pick<K6Job, 'args' | 'env' | 'onK6'>>;
}

export interface K6Outcome {
  /** null: a signal that was not ours ended it. */
  readonly exit_code: number | null;
  /** null where k6 did not get so far as to write it. */
  readonly summary: K6Summary | null;
  /** Script exceptions in k6's log. The judge fails a run for many of them. */
  readonly exceptions: number;
  /** k6 says that a threshold with `abortOnFail` ended the run. */
  readonly is_ended_by_threshold?: boolean;
  /** Why k6 could not write what `handleSummary` of a script returned. */
  readonly unwritten_summary?: string;
  /** First error messages, for the person. */
  readonly errors: readonly string[];
  /** Left out where the log of k6 is not at hand. */
  readonly findings?: LogFindings;
}

const MS_PER_S = 1_000;
/** k6 v1.8.1 (metrics/engine/engine.go). */
const THRESHOLD_ENDS = /abortOnFail enabled, stopping test prematurely/;
/** k6 v1.8.1 (internal/cmd/run.go, summary.go). Its exit code does not say it. */
const UNWRITTEN =
  /^failed to handle the end-of-test summary: (?:Could not save some summary information:\s*-?\s*)?(?<why>.*)/s;
/** More of the same helps nobody; all of them are in k6.log. */
export const ERRORS_SHOWN = 3;

/** Runs k6, keeps its log, shows its progress. Never throws for what k6 does: the outcome says it. */
export async function runK6(launcher: K6Launcher, job: K6Job, ui: Ui): Promise<K6Outcome> {
  const progress = new RunProgress(job.planned_s);
  const follow = (at: (detail: string) => void) =>
    followK6(launcher, job, ui, (news) => {
      progress.see(job, news);
      at(progress.text(new Date()));
    });
  // The run is judged later: a tick stands only before what passed.
  return await ui.step(job.title, follow, '•');
}

type OnProgress = (news: K6Progress | RequestWindow) => void;

const MOST_STARTS = 3;

/**
 * Runs k6 and keeps its log. If another program takes one of its ports first, k6 starts again on others.
 * @param onProgress is called about twice a second
 */
export async function followK6(launcher: K6Launcher, job: K6Job, ui: Ui, onProgress: OnProgress): Promise<K6Outcome> {
  let current = job;
  for (let start = 1; ; start += 1) {
    let has_loaded = false;
    const outcome = await followStart(launcher, current, ui, (news) => {
      has_loaded ||= news.kind === 'window' || news.busy;
      onProgress(news);
    });
    const is_port_taken =
      outcome.exit_code === K6_EXIT.cannot_start_rest_api || outcome.errors.some((error) => PORT_TAKEN.test(error));
    if (isResult(outcome.exit_code) || !is_port_taken || has_loaded || start === MOST_STARTS || !job.renew)
      return outcome;
    ui.note('another program took a port of k6 before it started: starting k6 again on other ports');
    const { args, env, onK6 } = await job.renew();
    current = { ...current, args, env, ...(onK6 ? { onK6 } : {}) };
  }
}

/** One start of k6, to its end. Whoever has stopped it before gets no load at all. */
async function followStart(launcher: K6Launcher, job: K6Job, ui: Ui, onProgress: OnProgress): Promise<K6Outcome> {
  if (job.stop.aborted) return { exit_code: null, summary: null, exceptions: 0, errors: [] };
  const log = openLog(job.log_file, ui);
  const errors = new Set<string>();
  let exceptions = 0;
  let is_ended_by_threshold = false;
  let unwritten_summary: string | undefined;
  const reader = new LogReader();
  const start = new LoadStart(job.onLoad);

  const k6 = launcher.start({
    args: job.args,
    env: job.env,
    onLine(text) {
      const line = parseK6Line(text);
      if (line.kind === 'progress') {
        start.see(line, Date.now());
        return onProgress(line);
      }
      if (line.kind === 'window') return onProgress(line);
      if (line.kind === 'other') return void log.stream.write(`${maskSecrets(text, job.secrets)}\n`);
      const message = maskSecrets(line.message, job.secrets);
      log.stream.write(`${line.time} ${line.level} ${message}\n`);
      is_ended_by_threshold ||= THRESHOLD_ENDS.test(message);
      unwritten_summary ??= UNWRITTEN.exec(message)?.groups?.why;
      if (line.exception) exceptions += 1;
      reader.see({
        ...line,
        message,
        request_error: line.request_error && maskSecrets(line.request_error, job.secrets),
      });
      const serious = line.level === 'error' || line.level === 'fatal';
      if (serious && errors.size < ERRORS_SHOWN) errors.add(cleanMessage(message));
    },
  });
  if (k6.id) job.onK6?.(k6.id);
  const exit_code = await untilExit(k6, job);

  log.stream.end();
  await log.closed;
  const summary = await readK6Summary(dirname(job.summary_file));
  const { findings } = reader;
  return {
    exit_code,
    summary,
    exceptions,
    is_ended_by_threshold,
    ...(unwritten_summary ? { unwritten_summary } : {}),
    errors: [...errors],
    findings,
  };
}

/** A log that cannot be written, as on a full disk, is said, and ends no run. */
function openLog(file: string, ui: Ui): { readonly stream: WriteStream; readonly closed: Promise<void> } {
  const stream = createWriteStream(file, { mode: 0o600 });
  const closed = new Promise<void>((done) => stream.once('close', done));
  stream.on('error', (error) => ui.warn(`${file} cannot be written: ${messageOf(error)}`));
  return { stream, closed };
}

/**
 * When the load began, from k6's progress. k6's clock starts before `setup()`: where that took its time, the last line
 * without a user is the best answer, a second early at most.
 */
class LoadStart {
  #idle_ms: number | null = null;
  #onLoad: K6Job['onLoad'];

  constructor(onLoad: K6Job['onLoad']) {
    this.#onLoad = onLoad;
  }

  see({ busy, elapsed_s }: { readonly busy: boolean; readonly elapsed_s: number }, now_ms: number): void {
    if (!busy) {
      this.#idle_ms = now_ms;
      return;
    }
    this.#onLoad?.(new Date(this.#idle_ms ?? now_ms - elapsed_s * MS_PER_S));
    this.#onLoad = undefined;
  }
}

async function untilExit(k6: ReturnType<K6Launcher['start']>, job: K6Job): Promise<number | null> {
  const interrupt = () => k6.interrupt();
  const kill = () => k6.kill();
  job.stop.addEventListener('abort', interrupt);
  job.force.addEventListener('abort', kill);
  try {
    return await k6.exited;
  } finally {
    job.stop.removeEventListener('abort', interrupt);
    job.force.removeEventListener('abort', kill);
  }
}

/** Codes after which k6's figures are a result; all others mean that the test did not really run. */
export function isResult(exit_code: number | null): boolean {
  return (
    exit_code === K6_EXIT.ok || exit_code === K6_EXIT.thresholds_have_failed || exit_code === K6_EXIT.external_abort
  );
}
