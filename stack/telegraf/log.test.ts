import { expect, it } from 'vitest';
import { describeFailure, readTelegrafLine } from './log.ts';

/** Lines of Telegraf 1.37.2. */
const line = (fields: object) => JSON.stringify({ time: '2026-11-29T22:38:17Z', ...fields });
const prometheus = (msg: string, level = 'ERROR') =>
  line({ level, msg, category: 'inputs', plugin: 'prometheus', alias: '1' });

it('reads what the script says of a scrape', () => {
  const msg = 'scrape {"endpoint":0,"left_out":0,"own":6,"series":11}';
  expect(readTelegrafLine(line({ level: 'INFO', msg, category: 'processors', plugin: 'starlark' }))).toEqual({
    kind: 'scrape',
    ...{ endpoint: 0, left_out: 0, own: 6, series: 11 },
  });
});

it('says of an endpoint why it was not read, without its address', () => {
  const get = 'error making HTTP request to "http://a/metrics": Get "http://a/metrics": ';
  expect(
    readTelegrafLine(prometheus(`Error in plugin: ${get}dial tcp 127.0.0.1:1: connect: connection refused`)),
  ).toEqual({ kind: 'gap', endpoint: 1, reason: 'connection refused' });
  expect(
    readTelegrafLine(
      prometheus('skipping http://a/metrics: content length exceeded maximum body size (8388608)', 'INFO'),
    ),
  ).toEqual({ kind: 'gap', endpoint: 1, reason: 'its answer is larger than 8 MiB' });
  expect(describeFailure(`${get}context deadline exceeded (Client.Timeout exceeded while awaiting headers)`)).toBe(
    'no answer in time',
  );
  expect(describeFailure('"http://a/metrics" returned HTTP status "401 Unauthorized"')).toBe(
    'it answers 401 Unauthorized',
  );
  expect(
    describeFailure(
      'error reading metrics for "http://a/metrics": decoding response failed: text format parsing error',
    ),
  ).toBe('its answer is no Prometheus format: text format parsing error');
});

it('tells points that InfluxDB refuses from other errors, and says nothing of the rest', () => {
  expect(
    readTelegrafLine(line({ level: 'ERROR', msg: 'status 403', category: 'outputs', plugin: 'influxdb_v2' })),
  ).toEqual({ kind: 'refused', reason: 'status 403' });
  expect(readTelegrafLine('2026-11-29T22:29:21Z E! loading config file x failed: no such file')).toEqual({
    kind: 'error',
    reason: 'loading config file x failed: no such file',
  });
  for (const text of [line({ level: 'INFO', msg: 'Loaded inputs: cpu' }), '2026-11-29T22:29:21Z I! Loading', '']) {
    expect(readTelegrafLine(text)).toBeNull();
  }
});
