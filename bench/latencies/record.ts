/**
 * Records latencies of real servers with real k6, in many short runs: bench/latencies/recorded.json, which
 * bench/requests.ts resamples. By hand, on a machine that does other work too, as CI runners do:
 * `node --import tsx bench/latencies/record.ts --k6 PATH --influxd PATH --runs 60`
 *
 * Four servers: the demo clinic (Node), a gateway that asks it (Node, with caches whose hits and misses are two modes), a
 * reporting service (Python, SQLite), and InfluxDB (Go).
 */
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';

const FOLDER = dirname(fileURLToPath(import.meta.url));
const ROOT = join(FOLDER, '..', '..');
const { values } = parseArgs({
  options: {
    k6: { type: 'string', default: 'k6' },
    influxd: { type: 'string', default: 'influxd' },
    runs: { type: 'string', default: '60' },
    seconds: { type: 'string', default: '10' },
    port: { type: 'string', default: '8386' },
    out: { type: 'string', default: join(FOLDER, 'recorded.json') },
  },
});

const call = promisify(execFile);
const started: { kill: () => unknown }[] = [];
const state = mkdtempSync(join(tmpdir(), 'latencies-'));

async function firstLine(command: string, args: readonly string[]): Promise<string> {
  const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  started.push(child);
  return await new Promise((known) => createInterface({ input: child.stdout }).once('line', known));
}

/** How long a cached answer is good. */
const CACHE_MS = { cached: 5_000, session: 40_000 } as const;

/** Checkout asks others in turn; cached and session ask only what they do not know; render makes a page. */
async function startGateway(demo: string, reports: string): Promise<string> {
  const known = new Map<string, number>();
  const ask = async (url: string) => await (await fetch(url)).text();
  const steps = [
    `${demo}/api/search?q=check`,
    `${demo}/api/search?q=dental`,
    `${reports}/report?day=30`,
    `${demo}/api/search?q=eye`,
    `${demo}/api/search?q=blood`,
  ];
  const routes: Readonly<Record<string, (key: string) => Promise<string>>> = {
    '/checkout': async () => {
      const answers: string[] = [];
      for (const step of steps) answers.push(await ask(step));
      return answers.join('\n');
    },
    '/cached': async (key) => await cached(`cached ${key}`, CACHE_MS.cached),
    '/session': async (key) => await cached(`session ${key}`, CACHE_MS.session),
    '/render': async () => {
      const rows = Array.from({ length: 2_000 }, (_, row) => `<tr><td>${row}</td><td>${Math.sqrt(row)}</td></tr>`);
      return rows.sort().join('');
    },
  };
  const cached = async (key: string, ms: number) => {
    if ((known.get(key) ?? 0) > Date.now()) return key;
    const answer = (await ask(`${demo}/api/search?q=check`)) + (await ask(`${demo}/api/search?q=eye`));
    known.set(key, Date.now() + ms);
    return answer;
  };
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://gateway');
    const answer = routes[url.pathname]?.(url.searchParams.get('key') ?? '') ?? Promise.resolve('');
    answer.then((body) => response.end(body)).catch(() => response.writeHead(502).end());
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  started.push({ kill: () => server.close() });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function startInflux(): Promise<{ url: string; token: string }> {
  const url = `http://127.0.0.1:${values.port}`;
  const args = [
    `--bolt-path=${state}/bolt`,
    `--engine-path=${state}/engine`,
    `--http-bind-address=127.0.0.1:${values.port}`,
  ];
  started.push(spawn(values.influxd, [...args, '--reporting-disabled'], { stdio: 'ignore' }));
  const setUp = async () =>
    await fetch(`${url}/api/v2/setup`, {
      method: 'POST',
      body: JSON.stringify({ username: 'bench', password: 'bench-bench', org: 'bench', bucket: 'bench' }),
    }).catch(() => null);
  let answer = await setUp();
  while (!answer?.ok) {
    await new Promise((done) => setTimeout(done, 500));
    answer = await setUp();
  }
  const { auth } = (await answer.json()) as { auth: { token: string } };
  const now_s = Math.floor(Date.now() / 1_000);
  const lines = Array.from({ length: 12_000 }, (_, row) => `cpu,host=h${row % 10} value=${row % 97} ${now_s - row}`);
  await fetch(`${url}/api/v2/write?org=bench&bucket=bench&precision=s`, {
    method: 'POST',
    headers: { authorization: `Token ${auth.token}` },
    body: lines.join('\n'),
  });
  return { url, token: auth.token };
}

/** Latencies by route, in tenths of a millisecond, as they came. */
type Recorded = Record<string, number[]>;

async function record(environment: Readonly<Record<string, string>>): Promise<Recorded> {
  const csv = join(state, 'samples.csv');
  const settings = Object.entries(environment).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
  await call(values.k6, [
    'run',
    '--quiet',
    '--summary-mode',
    'disabled',
    '--address',
    '',
    '--out',
    `csv=${csv}`,
    ...settings,
    join(FOLDER, 'script.js'),
  ]);
  const [head = '', ...lines] = readFileSync(csv, 'utf8').split('\n');
  const columns = head.split(',');
  const [metric, value, name] = ['metric_name', 'metric_value', 'name'].map((it) => columns.indexOf(it));
  const found: Recorded = {};
  for (const line of lines) {
    const cells = line.split(',');
    if (cells[metric ?? -1] !== 'http_req_duration') continue;
    const route = cells[name ?? -1] ?? '';
    found[route] = [...(found[route] ?? []), Math.round(10 * Number(cells[value ?? -1]))];
  }
  return found;
}

try {
  const demo_line = JSON.parse(await firstLine('node', ['--import', 'tsx', 'demo/bin.ts', '--port', '0'])) as {
    listening: string;
  };
  const demo = demo_line.listening;
  const reports = `http://127.0.0.1:${await firstLine('python3', [join(FOLDER, 'reports.py')])}`;
  const influx = await startInflux();
  const environment = {
    DEMO: demo,
    GATEWAY: await startGateway(demo, reports),
    REPORTS: reports,
    INFLUX: influx.url,
    INFLUX_TOKEN: influx.token,
    DURATION: `${values.seconds}s`,
  };
  const runs: Recorded[] = [];
  for (let run = 0; run < Number(values.runs); run += 1) {
    runs.push(await record(environment));
    const how = `k6 at a steady rate, ${values.seconds} s a run, ${cpus().length} cores shared with other programs`;
    const routes = Object.keys(runs[0] ?? {}).sort();
    const by_route = Object.fromEntries(routes.map((route) => [route, runs.map((it) => it[route] ?? [])]));
    writeFileSync(values.out, `${JSON.stringify({ how, unit: '0.1 ms', routes: by_route })}\n`);
    console.log(run, routes.map((route) => `${route} ${runs.at(-1)?.[route]?.length}`).join(' '));
  }
} finally {
  for (const it of started) it.kill();
  rmSync(state, { recursive: true, force: true });
}
process.exit(0);
