import { expect, it } from 'vitest';
import { parseK6Line } from './k6-log.ts';
import { RunProgress } from './run-progress.ts';

const BEGAN_S = 1_700_000_000;
const at = (seconds: number) => new Date((BEGAN_S + seconds) * 1_000);

function running(elapsed: string, users = 5) {
  const line = parseK6Line(`running (${elapsed}), ${users}/9 VUs, 12 complete and 0 interrupted iterations`);
  if (line.kind !== 'progress') throw new Error('no progress');
  return line;
}

/** The log entry of a window, as k6/output/progress.go writes it. Bucket b115 is about 10 ms. */
function window(second: number, requests: number, failed = 0) {
  const fields = { start_s: BEGAN_S + second, window_s: 1, requests, failed, latencies: { b115: requests } };
  const line = parseK6Line(JSON.stringify({ level: 'info', msg: 'progress', output: 'loadstar', ...fields }));
  if (line.kind !== 'window') throw new Error('no window');
  return line;
}

function after(seconds: number, requests: (second: number) => number, failed = (_second: number) => 0): RunProgress {
  const progress = new RunProgress(60);
  progress.see('k6', running(`${seconds}.0s`));
  for (let second = 0; second < seconds; second += 1)
    if (requests(second) > 0) progress.see('k6', window(second, requests(second), failed(second)));
  return progress;
}

it('names users, request rate, p95, error rate and the time left', () => {
  const progress = after(12, () => 40);
  expect(progress.text(at(12.4))).toMatch(/^5 users, 40 requests\/s, p95 10\.\d ms, error rate 0 %, 48 s left$/);
});

it('says what the target does now, and not on average since the start', () => {
  const faster = after(
    45,
    (second) => (second < 30 ? 1_000 : 10),
    (second) => (second < 30 ? 0 : 5),
  );
  expect(faster.text(at(45.4))).toMatch(/^5 users, 10 requests\/s, p95 .* error rate 50 %, 15 s left$/);
});

it('shows that a target has stopped answering', () => {
  const stopped = after(40, (second) => (second < 20 ? 40 : 0));
  expect(stopped.text(at(40))).toBe('5 users, 0 requests/s, 20 s left');
});

it('adds up generators', () => {
  const progress = after(10, () => 40);
  progress.see('other', running('10.0s', 4));
  for (let second = 0; second < 10; second += 1) progress.see('other', window(second, 20));
  expect(progress.text(at(10.4))).toMatch(/^9 users, 60 requests\/s, /);
});

it('without our output counts iterations, and after the planned end says that the run is ending', () => {
  const progress = new RunProgress(60);
  progress.see('k6', running('1m01.0s'));
  expect(progress.text(at(61))).toBe('5 users, 12 iterations, ending');
});
