import { percentile } from '../../analysis/histogram.ts';
import { duration } from '../../contract/format.ts';
import { histogramOf } from '../../contract/histogram.ts';
import { metricLabel, metricValue } from '../../contract/metric-text.ts';
import type { K6Progress, RequestWindow } from './k6-log.ts';

/** Figures of this time say how the target is now, and not only how it was on average. */
const RECENT_S = 15;
/** Windows of several generators arrive this much apart. After more, a target has stopped answering. */
const LATE_S = 3;
const MS_PER_S = 1_000;
const P95 = 0.95;

/** How a run goes, in one line: users, request rate, p95, error rate and the time left. One for all its generators. */
export class RunProgress {
  readonly #planned_s: number;
  readonly #newest = new Map<unknown, K6Progress>();
  #windows: RequestWindow[] = [];
  #began_s = Number.POSITIVE_INFINITY;

  constructor(planned_s: number) {
    this.#planned_s = planned_s;
  }

  /** @param source the k6 process that says it */
  see(source: unknown, news: K6Progress | RequestWindow): void {
    if (news.kind === 'progress') {
      this.#newest.set(source, news);
      return;
    }
    this.#began_s = Math.min(this.#began_s, news.start_s);
    const since_s = news.start_s - 2 * Math.max(RECENT_S, news.window_s);
    this.#windows = [...this.#windows.filter(({ start_s }) => start_s >= since_s), news];
  }

  text(now: Date): string {
    const all = [...this.#newest.values()];
    const sum = (read: (line: K6Progress) => number) => all.reduce((total, line) => total + read(line), 0);
    const left_s = this.#planned_s - Math.max(0, ...all.map(({ elapsed_s }) => elapsed_s));
    const users = sum((line) => line.users);
    return [
      users === 1 ? '1 user' : `${users} users`,
      // Other outputs say nothing of requests.
      this.#requests(now.getTime() / MS_PER_S) ?? `${sum(({ iterations }) => iterations)} iterations`,
      left_s > 0 ? `${duration(left_s)} left` : 'ending',
    ].join(', ');
  }

  /** `41.1 requests/s, p95 12.3 ms, error rate 0 %`; null before there was a request. */
  #requests(now_s: number): string | null {
    const window_s = this.#windows.at(-1)?.window_s;
    if (window_s === undefined) return null;
    const newest_s = Math.max(...this.#windows.map(({ start_s }) => start_s)) + window_s;
    const end_s = now_s - newest_s > window_s + LATE_S ? now_s : newest_s;
    const since_s = Math.max(this.#began_s, end_s - Math.max(RECENT_S, window_s));
    const recent = this.#windows.filter(({ start_s }) => start_s >= since_s);
    const sum = (read: (window: RequestWindow) => number) => recent.reduce((total, one) => total + read(one), 0);
    const requests = sum((one) => one.requests);
    const rate = metricValue('throughput_rps', requests / (end_s - since_s)).replace(/\/s$/, ' requests/s');
    if (requests === 0) return rate;
    const counts = new Map<string, number>();
    for (const { latencies } of recent) {
      for (const [bucket, count] of Object.entries(latencies)) counts.set(bucket, (counts.get(bucket) ?? 0) + count);
    }
    const p95 = metricValue('p95_ms', percentile(histogramOf(counts), P95));
    const errors = metricValue('error_rate', sum((one) => one.failed) / requests);
    return `${rate}, ${metricLabel('p95_ms')} ${p95}, ${metricLabel('error_rate')} ${errors}`;
  }
}
