/** Profile breakpoint: judges each step of a run while it goes on, and stops k6 when the limit is found. */
import { type Allowed, capped, judgeStep, limitResult, type ScenarioSlo, searchEnd } from '../analysis/steps.ts';
import type { SpanFigures } from '../contract/live-schema.ts';
import type { LimitResult, StepResult } from '../contract/results.ts';
import { READABLE_AFTER_MS, type Span } from '../influxdb/span.ts';
import { createSteadyClock } from '../lib/steady-clock.ts';
import { waitFor } from '../lib/wait.ts';
import type { Step } from '../profiles/options.ts';
import type { WatchedRun } from './generators/abort-watch.ts';
import type { K6Outcome } from './k6-process/k6-run.ts';

export interface LimitSearch {
  readonly reader: {
    newest(testid: string, since: Date): Promise<Date | null>;
    read(span: Span, names: readonly string[]): Promise<SpanFigures>;
  };
  readonly testid: string;
  readonly steps: readonly Step[];
  /** How much more each step asks for than the one before. */
  readonly factor: number;
  readonly slos: readonly ScenarioSlo[];
  /** What the target's configuration allows; none: anything. */
  readonly allowed?: Allowed;
  onStep(step: StepResult): void;
}

const MS_PER_S = 1_000;
const POLL_MS = 500;
/** Longer, and nobody can say whether the target still holds: the load must not rise blindly. */
const PATIENCE_MS = 15_000;

/** Runs k6 and the search side by side, until both are done. */
export async function runToLimit(
  search: LimitSearch,
  run: (watched: WatchedRun) => Promise<K6Outcome>,
): Promise<{ readonly outcome: K6Outcome; readonly limit: LimitResult }> {
  const over = new AbortController();
  const ended = new AbortController();
  const { promise: began, resolve: onLoad } = withResolver<Date>();
  const searching = findLimit(search, began, ended.signal).finally(() => over.abort());
  const outcome = await run({ onLoad, stop: over.signal }).finally(() => ended.abort());
  return { outcome, limit: await searching };
}

/** Step by step, each as soon as all of it is stored. @param ended aborted when k6 has ended */
export async function findLimit(search: LimitSearch, began: Promise<Date>, ended: AbortSignal): Promise<LimitResult> {
  const start = await Promise.race([began, awaitAbort(ended)]);
  const judged: StepResult[] = [];
  if (start === null) return limitResult('cut', judged);
  const now = createSteadyClock();
  for (const step of search.steps) {
    const at = (seconds: number) => new Date(start.getTime() + seconds * MS_PER_S);
    const span = { testid: search.testid, from: at(step.from_s), to: at(step.to_s) };
    const figures = await readStepFigures(search, span, { start, now, ended });
    if (figures === 'cut' || figures === 'unreadable') return limitResult(figures, judged);
    const { target_per_s: offered_per_s } = step;
    const result = judgeStep({ started: span.from, offered_per_s, factor: search.factor, slos: search.slos, figures });
    judged.push(result);
    search.onStep(result);
    const end = searchEnd(judged, search.factor, search.allowed);
    if (end !== null) return limitResult(end, judged);
  }
  return limitResult(capped(judged, search.factor, search.allowed) ? 'capped' : 'none', judged);
}

/** Waits until the span is stored whole. `cut`: it never will be; `unreadable`: InfluxDB does not say. */
async function readStepFigures(
  { reader, testid, slos }: LimitSearch,
  span: Span,
  { start, now, ended }: { readonly start: Date; readonly now: () => number; readonly ended: AbortSignal },
): Promise<SpanFigures | 'cut' | 'unreadable'> {
  const names = [...new Set(slos.flatMap(({ request }) => (request === undefined ? [] : [request])))];
  const to_ms = span.to.getTime();
  await waitFor(to_ms + READABLE_AFTER_MS - now(), ended);
  while (now() < to_ms + PATIENCE_MS) {
    // Asked before the data: what is stored after the answer must not be taken for all there is.
    const over = ended.aborted;
    try {
      const newest_ms = (await reader.newest(testid, start))?.getTime() ?? 0;
      if (newest_ms >= to_ms + (over ? 0 : READABLE_AFTER_MS)) return await reader.read(span, names);
      // k6 has ended, and has delivered all it had.
      if (over && newest_ms > 0) return 'cut';
    } catch {
      // InfluxDB may be back in a moment; its silence is judged by how long it lasts.
      if (over) return 'cut';
    }
    await waitFor(POLL_MS, ended);
    // Without k6 there is nothing to wait for but InfluxDB's answer.
    if (ended.aborted) await waitFor(POLL_MS);
  }
  return 'unreadable';
}

function awaitAbort(signal: AbortSignal): Promise<null> {
  return new Promise((done) => {
    if (signal.aborted) done(null);
    signal.addEventListener('abort', () => done(null), { once: true });
  });
}

function withResolver<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
