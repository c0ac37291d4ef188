import { expect, it } from 'vitest';
import { resolveTelemetry } from '../../project/telemetry.ts';
import { Collected } from './collected.ts';

const scrape = [{ url: 'http://a/metrics' }, { url: 'http://b/metrics' }];
const asked = resolveTelemetry({ config: { scrape, host: true }, field: 'telemetry', directory: '/' }, {});
const answer = (endpoint: number, own: number, series = own) =>
  ({ kind: 'scrape', endpoint, own, series, left_out: 0 }) as const;
const gap = (endpoint: number, reason: string) => ({ kind: 'gap', endpoint, reason }) as const;

it('counts series, and says how often an endpoint was not read, with the most frequent reason', () => {
  const collected = new Collected(asked);
  for (const news of [answer(0, 5), answer(-1, 1, 7), answer(1, 2, 9)]) collected.see(news);
  for (const reason of ['connection refused', 'no answer in time', 'connection refused']) collected.see(gap(1, reason));
  expect(collected.text()).toBe('telemetry: 9 series of 2 endpoints, the machine');
  expect(collected.warnings()).toEqual(['telemetry: http://b/metrics was not read 3 of 4 times (connection refused)']);
});

it('says of an endpoint that no rule knows its metrics, and what InfluxDB refuses', () => {
  const collected = new Collected(asked);
  for (const news of [answer(0, 0), answer(1, 3), { ...answer(1, 3, 500), left_out: 40 }]) collected.see(news);
  for (let times = 0; times < 2; times += 1) collected.see({ kind: 'refused', reason: 'status 403' });
  expect(collected.warnings()).toEqual([
    expect.stringContaining('http://a/metrics has no metric that a rule knows'),
    expect.stringContaining('40 series were left out, because 500 are divided'),
    'telemetry: InfluxDB did not take it 2 times (status 403)',
  ]);
});

it('is silent where nothing is wrong', () => {
  const collected = new Collected(asked);
  for (const news of [answer(0, 5), answer(1, 2)]) collected.see(news);
  expect(collected.warnings()).toEqual([]);
});
