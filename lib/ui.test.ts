import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createUi, quietUi } from './ui.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function record(isTTY: boolean) {
  const written: string[] = [];
  return { written, ui: createUi({ isTTY, columns: 80, write: (text) => written.push(text) }, false) };
}

const after = (duration_ms: number) => new Promise<void>((done) => setTimeout(done, duration_ms));

it('says nothing of a quick step', async () => {
  const { written, ui } = record(false);
  const step = ui.step('quick', () => after(500));
  await vi.advanceTimersByTimeAsync(600);
  await step;
  expect(written.join('')).toBe('');
});

it('without a terminal shows a sign after two seconds, then every fifteen, and the end', async () => {
  const { written, ui } = record(false);
  const step = ui.step('building', async (at) => {
    at('half');
    await after(20_000);
  });
  await vi.advanceTimersByTimeAsync(20_100);
  await step;
  expect(written).toEqual(['… building: half (2 s)\n', '… building: half (17 s)\n', '✓ building (20 s)\n']);
});

it('shows the sign late if the machine is too busy for it at its time', async () => {
  const { written, ui } = record(false);
  const clock = vi.spyOn(performance, 'now').mockReturnValue(0);
  const step = ui.step('running', () => after(5_000));
  for (const now_ms of [1_400, 2_600, 3_600]) {
    clock.mockReturnValue(now_ms);
    await vi.advanceTimersByTimeAsync(1_000);
  }
  expect(written).toEqual(['… running (3 s)\n']);
  clock.mockRestore();
  await vi.advanceTimersByTimeAsync(5_000);
  await step;
});

it('on a terminal steps that run side by side share one line, and printed lines stay above it', async () => {
  const { written, ui } = record(true);
  const steps = Promise.all([ui.step('one', () => after(4_000)), ui.step('two', () => after(5_000))]);
  await vi.advanceTimersByTimeAsync(3_100);
  expect(written.at(-1)).toBe('\r\u001b[2K… one (3 s) … two (3 s)');
  ui.line('news');
  expect(written.slice(-3)).toEqual(['\r\u001b[2K', 'news\n', '\r\u001b[2K… one (3 s) … two (3 s)']);
  await vi.advanceTimersByTimeAsync(3_000);
  await steps;
  expect(written.join('')).toContain('✓ two (5 s)\n');
});

it('on a narrow terminal cuts the title, because the figures are the news', async () => {
  const { written, ui } = record(true);
  const step = ui.step('a journey with a long name against a host with a long name', async (showDetail) => {
    showDetail('40 requests/s, p95 12 ms, error rate 0 %, 48 s left');
    await after(4_000);
  });
  await vi.advanceTimersByTimeAsync(2_100);
  expect(written.at(-1)).toBe(
    '\r\u001b[2K… a journey with a …: 40 requests/s, p95 12 ms, error rate 0 %, 48 s left (2 s)',
  );
  await vi.advanceTimersByTimeAsync(2_000);
  await step;
});

it('has no tick for a step whose result is judged later', async () => {
  const { written, ui } = record(false);
  const step = ui.step('load', () => after(4_000), '•');
  await vi.advanceTimersByTimeAsync(4_100);
  await step;
  expect(written.at(-1)).toBe('• load (4 s)\n');
});

it('says which step failed, and passes the error on', async () => {
  const { written, ui } = record(false);
  const step = ui.step('failing', () => Promise.reject(new Error('no')));
  await expect(step).rejects.toThrow('no');
  expect(written).toEqual(['✗ failing (0 s)\n']);
});

it('prints results to stdout, and keeps the progress of stderr below them on a shared terminal', async () => {
  const written: string[] = [];
  const stream = (name: string) => ({ isTTY: true, columns: 80, write: (text: string) => written.push(name + text) });
  const ui = createUi(stream('err:'), false, undefined, { stream: stream('out:'), color: false });
  const step = ui.step('waiting', () => after(4_000));
  await vi.advanceTimersByTimeAsync(2_100);
  ui.result.line('p95 12 ms');
  expect(written.slice(-3)).toEqual(['err:\r\u001b[2K', 'out:p95 12 ms\n', 'err:\r\u001b[2K… waiting (2 s)']);
  await vi.advanceTimersByTimeAsync(2_000);
  await step;
});

it('is quiet but for warnings and results', async () => {
  const { written, ui } = record(false);
  const quiet = quietUi(ui);
  quiet.line('progress');
  quiet.note('a note');
  const step = quiet.step('building', () => after(20_000).then(() => 7));
  await vi.advanceTimersByTimeAsync(20_100);
  expect(await step).toBe(7);
  expect(written).toEqual([]);
  quiet.warn('samples are missing');
  quiet.result.line('PASSED');
  expect(written.join('')).toBe('warning: samples are missing\nPASSED\n');
});
