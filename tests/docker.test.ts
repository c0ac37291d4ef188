/** The docker engine on a real one: from the first start to the deletion of everything. */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { INBOX } from '../contract/alerting.ts';
import type { RunSummary } from '../contract/results.ts';
import type { RunRecord } from '../influxdb/runs.ts';
import { findProgram } from '../stack/binaries/which.ts';
import { detectNetwork } from '../stack/docker/network.ts';
import { GRAFANA_IMAGE, TELEGRAF_IMAGE } from '../stack/docker/pinned-images.ts';
import { SecretStore } from '../stack/engine/secrets.ts';
import {
  type DockerMachine,
  docker,
  dockerMachine,
  findDockerGap,
  findGrafanaGap,
  findImageGap,
  listContainers,
  listProject,
} from './lib/docker.ts';
import type { LoadstarResult } from './lib/loadstar-call.ts';
import { runsUnderWay, sleep } from './lib/processes.ts';

/** The image of k6 may have to be built: minutes on two cores. */
const BUILD_MS = 900_000;

let gap: string | null;
let here: DockerMachine;
beforeAll(async () => {
  gap = await findDockerGap();
  if (gap === null) here = await dockerMachine();
}, BUILD_MS);
beforeEach(({ skip }) => {
  if (gap !== null) skip(gap);
});
afterAll(() => here?.dispose());

const search = (...args: readonly string[]) => ['run', 'search', '--duration', '4s', '--json', ...args];
const summaryOf = ({ stdout, stderr }: LoadstarResult) => {
  expect(stdout, stderr).toContain('"testid"');
  return (JSON.parse(stdout) as [RunSummary])[0];
};

/** Calls `then` once, when the load has begun: a line about it comes every ten seconds, so the load has to last longer. */
function duringLoad(then: () => void | Promise<void>) {
  let fired: Promise<void> | undefined;
  return {
    onOutput(text: string) {
      if (!fired && / users?,/.test(text)) fired = Promise.resolve(then());
    },
    /** Fails the test if the load never began, or `then` failed. */
    async done(call: LoadstarResult): Promise<void> {
      expect(fired, call.stderr).toBeDefined();
      await fired;
    },
  };
}

describe('the first start', () => {
  let first: RunSummary;

  it(
    'builds what is missing, runs, and finds every sample; the files belong to the user',
    async () => {
      const run = await here.loadstar(search());
      expect(run.code, run.stderr).toBe(0);
      first = summaryOf(run);
      expect(first).toMatchObject({ engine: 'docker', status: 'passed', completeness: { state: 'complete' } });
      expect(first.requests).toBeGreaterThan(0);
      const directory = join(here.results_dir, first.testid);
      const owners = readdirSync(directory).map((name) => statSync(join(directory, name)).uid);
      expect(owners.length).toBeGreaterThan(5);
      expect(new Set(owners)).toEqual(new Set([userInfo().uid]));
      expect(await listContainers(here.project, 'k6')).toEqual([]);
      expect(await listContainers(here.project, 'demo')).toEqual([]);
    },
    BUILD_MS,
  );

  it('shows no secret in the settings of the servers, and gives them no anonymous volume', async () => {
    const { tokens, operator_token, grafana_password } = await new SecretStore(here.state_dir).load();
    const secrets = [operator_token, grafana_password, ...Object.values(tokens ?? {})].filter(Boolean) as string[];
    expect(secrets.length).toBeGreaterThan(3);
    const containers = await listContainers(here.project);
    expect(containers.length).toBeGreaterThan(1);
    const inspected = (await docker('inspect', ...containers)).join('\n');
    for (const secret of secrets) expect(inspected).not.toContain(secret);
    const volumes = (JSON.parse(inspected) as { Mounts: { Type: string; Name?: string }[] }[]).flatMap(({ Mounts }) =>
      Mounts.flatMap(({ Type, Name = '' }) => (Type === 'volume' ? [Name] : [])),
    );
    expect(volumes.length).toBeGreaterThan(2);
    for (const name of volumes) expect(name).toMatch(new RegExp(`^${here.project}_`));
  });

  it('is kept by down: the next call starts the servers again, and finds the run', async () => {
    const down = await here.loadstar(['down']);
    expect(down.code, down.stderr).toBe(0);
    expect(await listContainers(here.project)).toEqual([]);
    const runs = await here.loadstar(['runs', '--json']);
    expect(runs.code, runs.stderr).toBe(0);
    expect((JSON.parse(runs.stdout) as RunRecord[]).map(({ testid }) => testid)).toEqual([first.testid]);
  });

  it('is the last that needs a registry: a run pulls and builds nothing', async () => {
    const directory = join(here.state_dir, 'front');
    mkdirSync(directory);
    const program = join(directory, 'docker');
    const log = join(directory, 'calls');
    writeFileSync(program, `#!/bin/sh\necho "$*" >>'${log}'\nexec '${await findProgram('docker', here.env)}' "$@"\n`);
    chmodSync(program, 0o755);
    const run = await here.loadstar(search(), { env: { PATH: `${directory}:${here.env.PATH}` } });
    expect(run.code, run.stderr).toBe(0);
    // An image of Grafana that no registry here has is asked for again: with it there are alerts.
    const is_missed = (await findImageGap([GRAFANA_IMAGE])) !== null;
    const calls = readFileSync(log, 'utf8')
      .split('\n')
      .filter((line) => !is_missed || !/^pull .*grafana/.test(line))
      .join('\n');
    expect(calls).toMatch(/^compose .* run /m);
    expect(calls).not.toMatch(/^(pull|build)\b|^compose .*(\b(pull|build)\b(?<!--no-build)|--build|--pull)/m);
  });
});

describe('outputs and generators', () => {
  it('two generators share the load, and all that they sent is stored', async () => {
    const run = await here.loadstar(search('--instances', '2'));
    expect(run.code, run.stderr).toBe(0);
    expect(summaryOf(run)).toMatchObject({
      generators: { expected: 2, lost: [] },
      completeness: { state: 'complete' },
    });
  });

  it('the output of k6 itself to InfluxDB stores every sample beside ours', async () => {
    const run = await here.loadstar(search('--output', 'loadstar,influxdb'));
    expect(run.code, run.stderr).toBe(0);
    expect(summaryOf(run)).toMatchObject({
      outputs: ['loadstar', 'influxdb'],
      completeness: { state: 'complete' },
    });
  });

  it.for(['host', 'project'])(
    'a Telegraf of the run reads the target in the network of the %s',
    async (network, { skip }) => {
      const gap = await findImageGap([TELEGRAF_IMAGE]);
      if (gap !== null) skip(gap);
      if (network === 'host' && (await detectNetwork(here.context)) !== 'host')
        skip('the engine is in a virtual machine');
      const run = await here.loadstar(search('--telemetry', 'on'), { env: { DOCKER_NETWORK: network } });
      expect(run.code, run.stderr).toBe(0);
      expect(run.stderr).toMatch(/telemetry: \d{2} series of 1 endpoint/);
      expect(await listContainers(here.project, 'telegraf')).toEqual([]);
    },
  );

  it('xk6-output-influxdb is in the image', async ({ skip }) => {
    if (here.env.WITH_XK6_OUTPUT_INFLUXDB === 'false') skip('WITH_XK6_OUTPUT_INFLUXDB=false leaves it out');
    const run = await here.loadstar(search('--output', 'loadstar,xk6-influxdb'));
    expect(run.code, run.stderr).toBe(0);
    expect(summaryOf(run)).toMatchObject({
      outputs: ['loadstar', 'xk6-influxdb'],
      completeness: { state: 'complete' },
    });
  });
});

describe('targets on this machine', () => {
  /** Runs a k6 script against the host that it gets, on a server of 127.0.0.1 alone. @returns the hosts that the server was asked for */
  async function runScript(
    skip: (reason: string) => void,
    place: (at: string) => { readonly host: string; readonly env?: Record<string, string>; readonly args?: string[] },
  ) {
    const network = await detectNetwork(here.context);
    if (network !== 'host') skip('the engine is in a virtual machine');
    const hosts = new Set<string | undefined>();
    const app = createServer((request, response) => {
      hosts.add(request.headers.host);
      response.end('{}');
    });
    await new Promise<void>((done) => app.listen(0, '127.0.0.1', done));
    const directory = mkdtempSync(join(tmpdir(), 'loadstar-docker-'));
    try {
      const { host, env = {}, args = [] } = place(`:${(app.address() as AddressInfo).port}`);
      const script = join(directory, 'own.js');
      writeFileSync(
        script,
        `import http from 'k6/http';
import { sleep } from 'k6';
export const options = { vus: 2, duration: '3s', thresholds: { http_req_failed: ['rate<0.01'] } };
export default function () { http.get('http://${host}/'); sleep(0.2); }
`,
      );
      const run = await here.loadstar(['run', script, '--json', ...args], { env });
      expect(run.code, run.stderr).toBe(0);
      expect(summaryOf(run).requests).toBeGreaterThan(10);
      expect([...hosts]).toEqual([host]);
    } finally {
      rmSync(directory, { recursive: true });
      app.closeAllConnections();
      app.close();
    }
  }

  it('a server on 127.0.0.1 alone is loaded as `localhost`, by a k6 script as it stands', async ({ skip }) => {
    await runScript(skip, (port) => ({ host: `localhost${port}` }));
  });

  it('the proxy of this machine leads to a server, as it does without Docker', async ({ skip }) => {
    await runScript(skip, (port) => ({
      host: 'shop.example',
      env: { HTTP_PROXY: `http://127.0.0.1${port}` },
      args: ['--allow-host', 'shop.example'],
    }));
  });

  it('a second run on the demo is refused, and the first one keeps it', async () => {
    let second: LoadstarResult | undefined;
    const fault = duringLoad(async () => {
      second = await here.loadstar(search());
    });
    const run = await here.loadstar(['run', 'search', '--duration', '25s', '--json'], fault);
    await fault.done(run);
    expect(second?.code, second?.stderr).toBe(4);
    expect(second?.stderr).toContain(`in progress here: ${summaryOf(run).testid}`);
    expect(run.code, run.stderr).toBe(0);
    expect(summaryOf(run)).toMatchObject({ status: 'passed', error_rate: 0 });
  });

  it('a fault that the demo does not know is refused before anything starts', async () => {
    const run = await here.loadstar(['run', 'search', '--demo-fault', 'GET /api/search slow=1']);
    expect(run.code, run.stderr).toBe(2);
    expect(run.stderr).toContain('valid faults for the demo clinic');
  });
});

describe('alerts', () => {
  it('reach the local inbox from Grafana while the run is slow', async ({ skip }) => {
    const grafana_gap = await findGrafanaGap();
    if (grafana_gap !== null) skip(grafana_gap);
    const fault = ['--demo-fault', 'GET /api/search latency_ms=700'];
    const run = await here.loadstar(['run', 'search', '--duration', '40s', '--scale', '2', '--json', ...fault]);
    expect(run.code, run.stderr).toBe(99);
    const { testid } = summaryOf(run);
    const titles = async () => {
      const answer = await fetch(`http://127.0.0.1:${here.env.INBOX_PORT}${INBOX.messages_path}`);
      const messages = (await answer.json()) as { body: { attachments?: { title?: string }[] } }[];
      return messages.flatMap(({ body }) => (body.attachments ?? []).map(({ title }) => title ?? ''));
    };
    await expect.poll(titles, { timeout: 30_000 }).toContainEqual(expect.stringContaining(testid));
  });
});

describe('stopped', () => {
  /** Names of the containers of k6 that the state directory knows. */
  const knownContainers = () =>
    readdirSync(join(here.state_dir, 'runs'))
      .filter((name) => name.endsWith('.json'))
      .flatMap((name) => readFileSync(join(here.state_dir, 'runs', name), 'utf8').match(/loadstar-k6-\w+/g) ?? []);
  const MOMENTS = {
    'before the container of k6': () => runsUnderWay(here).length > 0,
    'while the container of k6 is created': () => knownContainers().length > 0,
  };

  it.each(Object.entries(MOMENTS))('%s: no load is left', async (_, isMoment) => {
    const began_ms = performance.now();
    const call = startCall(['run', 'search', '--duration', '60s', '--json']);
    while (!isMoment() && !call.has_ended) await sleep(0.01);
    call.signal('SIGINT');
    const run = await call.ended;
    expect(run.code, run.stderr).toBe(130);
    expect((performance.now() - began_ms) / 1_000, run.stderr).toBeLessThan(30);
    expect(await listContainers(here.project, 'k6')).toEqual([]);
    expect(await listContainers(here.project, 'demo')).toEqual([]);
  });

  it('by `loadstar stop` during the load: the load is gone when the call returns', async () => {
    let stop: LoadstarResult | undefined;
    let left: string[] = [];
    const fault = duringLoad(async () => {
      stop = await here.loadstar(['stop']);
      left = await listContainers(here.project, 'k6');
    });
    const run = await here.loadstar(['run', 'search', '--duration', '60s', '--json'], fault);
    await fault.done(run);
    expect(stop?.code, stop?.stderr).toBe(0);
    expect(left).toEqual([]);
    expect(run.code, run.stderr).toBe(130);
    expect(summaryOf(run)).toMatchObject({ status: 'interrupted', completeness: { state: 'complete' } });
  });

  /** A call that a test signals itself, instead of by what it prints. */
  function startCall(args: readonly string[]) {
    let kill: ((signal: NodeJS.Signals) => void) | undefined;
    const call = {
      has_ended: false,
      signal: (name: NodeJS.Signals) => kill?.(name),
      ended: here.loadstar(args, {
        onOutput: (_, by) => {
          kill = by;
        },
      }),
    };
    void call.ended.then(() => {
      call.has_ended = true;
    });
    return call;
  }
});

describe('the container of k6 is killed', () => {
  const killOne = async () => {
    const [name = ''] = await listContainers(here.project, 'k6');
    await docker('kill', name);
  };

  it('of one generator: the run is broken', async () => {
    const fault = duringLoad(killOne);
    const run = await here.loadstar(['run', 'search', '--duration', '20s', '--json'], fault);
    await fault.done(run);
    expect(run.code, run.stderr).toBe(4);
    expect(run.stderr).toContain('k6 was killed');
    expect(summaryOf(run)).toMatchObject({ status: 'broken', completeness: { state: 'incomplete' } });
  });

  it('of two generators: the data is incomplete', async () => {
    const fault = duringLoad(killOne);
    const run = await here.loadstar(['run', 'search', '--duration', '20s', '--instances', '2', '--json'], fault);
    await fault.done(run);
    expect(run.code, run.stderr).toBe(5);
    const { generators } = summaryOf(run);
    expect(generators).toMatchObject({ expected: 2 });
    expect(generators?.ended).toHaveLength(1);
    expect(generators?.lost).toHaveLength(1);
  });
});

describe('two checkouts', () => {
  it('one deletes all that it has during a run of the other, which loses nothing', async () => {
    const other = await dockerMachine();
    try {
      const up = await other.loadstar(['up']);
      expect(up.code, up.stderr).toBe(0);
      expect((await listProject(other.project)).length).toBeGreaterThan(3);
      let deletion: LoadstarResult | undefined;
      const fault = duringLoad(async () => {
        deletion = await other.loadstar(['down', '--delete-data', '--yes']);
      });
      const run = await here.loadstar(['run', 'search', '--duration', '20s', '--json'], fault);
      await fault.done(run);
      expect(deletion?.code, deletion?.stderr).toBe(0);
      expect(await listProject(other.project)).toEqual([]);
      expect(run.code, run.stderr).toBe(0);
      expect(summaryOf(run)).toMatchObject({ status: 'passed', completeness: { state: 'complete' } });
    } finally {
      await other.dispose();
    }
  }, 300_000);
});

describe('the end', () => {
  it('down --delete-data leaves nothing in the engine', async () => {
    expect((await listProject(here.project)).length).toBeGreaterThan(3);
    const down = await here.loadstar(['down', '--delete-data', '--yes']);
    expect(down.code, down.stderr).toBe(0);
    expect(await listProject(here.project)).toEqual([]);
  });
});
