import { expect, it } from 'vitest';
import { cleanMessage, parseK6Line } from './k6-log.ts';

it('tells progress, log and the rest apart', () => {
  expect(parseK6Line('running (02.0s), 1/2 VUs, 12 complete and 0 interrupted iterations')).toEqual({
    kind: 'progress',
    users: 1,
    iterations: 12,
    elapsed_s: 2,
    busy: true,
  });
  expect(parseK6Line('{"level":"error","msg":"boom\\n","source":"stacktrace","time":"T"}')).toEqual({
    kind: 'log',
    level: 'error',
    message: 'boom',
    exception: true,
    request_error: null,
    refused_host: null,
    time: 'T',
  });
  expect(parseK6Line('{"level":"error","msg":"Uncaught (in promise) Error: boom","time":"T"}')).toMatchObject({
    exception: true,
  });
  expect(parseK6Line('panic: oh')).toEqual({ kind: 'other', text: 'panic: oh' });
  expect(parseK6Line('{broken')).toEqual({ kind: 'other', text: '{broken' });
});

it.each([
  ['02.3s', 2.3],
  ['1m02.0s', 62],
  ['0h25m00.1s', 1500.1],
  ['1d02h00m01.0s', 93_601],
])('reads the time %s, and whether the load has begun', (elapsed, elapsed_s) => {
  expect(parseK6Line(`running (${elapsed}), 000/200 VUs, 0 complete and 0 interrupted iterations`)).toMatchObject({
    elapsed_s,
    busy: false,
  });
});

it('keeps the reason that an output puts into a field of its own', () => {
  const line = parseK6Line('{"level":"error","msg":"Couldn\'t write stats","error":"connection refused","time":"T"}');
  expect(line).toMatchObject({ message: "Couldn't write stats: connection refused" });
});

it('makes a stack readable', () => {
  expect(cleanMessage('Error: boom\n\tat file:///a/b.ts:3:9(1)')).toBe('Error: boom\n      at /a/b.ts:3:9(1)');
});
