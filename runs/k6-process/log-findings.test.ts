import { expect, it } from 'vitest';
import { parseK6Line } from './k6-log.ts';
import { LogReader, mergeFindings } from './log-findings.ts';

function read(...entries: readonly Readonly<Record<string, string>>[]) {
  const reader = new LogReader();
  for (const entry of entries) {
    const line = parseK6Line(JSON.stringify({ level: 'error', time: '2026-11-28T13:00:01+01:00', ...entry }));
    if (line.kind === 'log') reader.see(line);
  }
  return reader.findings;
}

const STACK =
  '\n\tat path (file:///loadstar/k6/runtime/client.ts:7:3(5))\n\tat run (file:///app/loadtests/a.ts:6:18(3))\n\tat native\n';
const THROWN = { source: 'stacktrace', msg: `TypeError: no list${STACK}` };

it("finds an exception at the team's own line, counts it, and keeps the first", () => {
  const rejected = { msg: `Uncaught (in promise) Error: another https://x.example/p?token=abc now${STACK}` };
  expect(read(THROWN, rejected).exceptions).toEqual([
    { message: 'TypeError: no list', place: '/app/loadtests/a.ts:6:18', count: 2, first: '2026-11-28T12:00:01.000Z' },
  ]);
  expect(read(rejected).exceptions[0]?.message).toBe('Error: another https://x.example/p?… now');
});

it.each([
  ['Get "https://app/x?token=abc": EOF', 'EOF'],
  ['Get "http://a/": malformed HTTP response "secret"', 'malformed HTTP response "…"'],
  ['Get "http://a/": malformed MIME header line: secret', 'malformed MIME header line: …'],
  ['Get "http://a/": read tcp 10.0.0.1:54321->10.0.0.2:80: i/o', 'read tcp 10.0.0.2:80: i/o'],
])('the error of a request is without its address, what differs and what the target said: %s', (error, text) => {
  const findings = read({ level: 'warning', msg: 'Request Failed', error });
  expect([...findings.request_errors]).toEqual([[text, 1]]);
});

it('of several generators adds up, with the earliest as the example', () => {
  const earlier = { ...THROWN, msg: THROWN.msg.replace('list', 'cart'), time: '2026-11-28T11:59:00Z' };
  expect(mergeFindings([read(THROWN), read(earlier, THROWN)]).exceptions).toMatchObject([
    { message: 'TypeError: no cart', count: 3, first: '2026-11-28T11:59:00.000Z' },
  ]);
});
