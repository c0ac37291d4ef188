import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InfluxDB } from '@influxdata/influxdb-client';
import { median } from '../analysis/statistics.ts';
import { BUCKETS } from '../contract/buckets.ts';
import { outputArgs } from '../runs/options/output-env.ts';
import type { InfluxAccess } from '../stack/engine/engine.ts';
import { K6_SETTINGS } from '../stack/native/k6-launcher.ts';

const DURATION_S = 15;
const POLL_MS = 20;

/**
 * How old the oldest sample of a window is when a query first sees it: the window, the grace for late samples, the write,
 * and the query itself. @returns seconds, the median over the windows of a short run
 */
export async function freshness_s(k6: string, influx: InfluxAccess, target: string): Promise<number> {
  const testid = `fresh-${Date.now()}`;
  const directory = mkdtempSync(join(tmpdir(), 'loadstar-fresh-'));
  const output = outputArgs(['loadstar'], {
    influx,
    spool_dir: join(directory, 'spool'),
    report_file: join(directory, 'report.json'),
    own: {},
  });
  const script = new URL('script.js', import.meta.url).pathname;
  const tags = ['--tag', `testid=${testid}`, '--tag', 'instance=bench'];
  const child = spawn(k6, ['run', '--address', '', '--quiet', ...tags, ...output.args, script], {
    env: {
      PATH: process.env.PATH,
      ...K6_SETTINGS,
      ...output.env,
      TARGET: target,
      VUS: '2',
      DURATION: `${DURATION_S}s`,
      SUMMARY: join(directory, 'summary.json'),
    },
    stdio: 'ignore',
  });
  const ended = new Promise((done) => child.once('close', done));
  const api = new InfluxDB({ url: influx.url, token: influx.tokens.cli }).getQueryApi(influx.org);
  const flux = `from(bucket: "${BUCKETS.live.name}") |> range(start: -1m)
    |> filter(fn: (r) => r._measurement == "http_reqs" and r.testid == "${testid}" and r._field == "count") |> last()`;
  const ages: number[] = [];
  let newest = '';
  const deadline_ms = Date.now() + DURATION_S * 1_000;
  while (Date.now() < deadline_ms) {
    const [row] = await api.collectRows<{ _time: string }>(flux);
    if (row && row._time !== newest) {
      newest = row._time;
      ages.push((Date.now() - Date.parse(newest)) / 1_000);
    }
    await new Promise((done) => setTimeout(done, POLL_MS));
  }
  await ended;
  rmSync(directory, { recursive: true });
  return median(ages);
}
