/** A team's own app, as a new user would load it: configuration, `new scenario` in its three forms, types, runs, and mistakes. */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMAND, K6_MODULE, PACKAGE } from '../contract/package-name.ts';
import type { RunSummary } from '../contract/results.ts';
import { SHOP_USERS, type Shop, startShop } from './apps/shop.ts';
import { type Machine, machine, ROOT } from './lib/machine.ts';

const SECRET_KEY = 'sekrit-key-of-the-shop';
const PASSWORD = SHOP_USERS[0]?.password ?? '';

let here: Machine;
let shop: Shop;
let team: string;
const testids: string[] = [];

beforeAll(async () => {
  shop = await startShop();
  team = mkdtempSync(join(tmpdir(), 'loadstar-team-'));
  write('loadstar.config.ts', config());
  write('users.csv', ['email,password', ...SHOP_USERS.map(({ email, password }) => `${email},${password}`)].join('\n'));
  write('openapi.json', JSON.stringify(shop.openapi));
  here = await machine({ LOADSTAR_CONFIG: join(team, 'loadstar.config.ts') });
});
afterAll(async () => {
  rmSync(team, { recursive: true });
  await shop.close();
  await here.dispose();
});

const write = (file: string, text: string) => writeFileSync(join(team, file), text);

function config(more = ''): string {
  return `import { defineConfig } from '@loadstar-hq/loadstar';

export default defineConfig({
  targets: {
    shop: { base_url: '${shop.url}', environment: { SHOP_KEY: 'SHOP_KEY_STAGING' } },
    elsewhere: { base_url: 'https://shop.example.com', allowed_hosts: [] },
  },
  users: { file: 'users.csv' },
  secrets: ['BUY_PASSWORD'],
  ${more}
});
`;
}

/** The TypeScript of docs/own-app.md, by the file names that its first lines give. */
function pageExamples(): [file: string, text: string][] {
  const page = readFileSync(join(ROOT, 'docs', 'own-app.md'), 'utf8');
  return [...page.matchAll(/```ts\n\/\/ (\S+)\n(.*?)```/gs)].map(([, file, text]) => [file ?? '', text ?? '']);
}

const SECRETS = {
  SHOP_KEY_STAGING: SECRET_KEY,
  BUY_PASSWORD: PASSWORD,
  TOUR_PASSWORD: PASSWORD,
  TOUR_BEARER: `token-of-${SHOP_USERS[0]?.email}`,
};

async function run(args: readonly string[], env: Record<string, string> = SECRETS) {
  const result = await here.loadstar(['run', ...args, '--json'], { env });
  const summaries = result.stdout ? (JSON.parse(result.stdout) as RunSummary[]) : [];
  testids.push(...summaries.map(({ testid }) => testid));
  return { ...result, summaries };
}

const BROWSE = `import { check } from 'k6';
import { Counter } from 'k6/metrics';
import { defineScenario, json, think } from '@loadstar-hq/loadstar/k6';
import { firstOf } from './lib/first.ts';

const looked = new Counter('products_looked_at');

export default defineScenario({
  title: 'Browse',
  journey: 'A customer logs in and looks at a product.',
  requests: ['POST /api/login', 'GET /api/products', 'GET /api/products/:id'],
  slos: [
    { indicator: 'p95_ms', limit: 500, reason: 'people wait no longer' },
    { indicator: 'p95_ms', limit: 400, request: 'GET /api/products/:id', reason: 'one product is a look-up' },
    { indicator: 'checks_rate', limit: 0.99, reason: 'a wrong product is worse than none' },
  ],
  setup: () => ({ token: 'token-that-setup-found' }),
  run({ client, user }, { token }) {
    const { email, password } = user();
    const login = client.request({ method: 'POST', route: '/api/login', body: { email, password } });
    const list = json<{ items: { id: number }[] }>(client.request({ method: 'GET', route: '/api/products' }));
    const id = firstOf(list?.items ?? [])?.id;
    const product = client.request({ method: 'GET', route: '/api/products/:id', params: { id: String(id) } });
    looked.add(1);
    check(product, {
      'logged in': () => login.status === 200,
      'the product asked for': () => json<{ id: number }>(product)?.id === id,
      'has its secret': () => __ENV.SHOP_KEY === ${JSON.stringify(SECRET_KEY)},
      'setup handed on': () => token.startsWith('token-'),
    });
    console.warn(\`never print \${__ENV.SHOP_KEY} or \${password}\`);
    think(0.5);
  },
});
`;

describe('a new user', () => {
  it.each([
    ['home', [], 1],
    ['buy', ['--from-har', join(ROOT, 'tests', 'apps', 'shop.har')], 6],
    ['tour', ['--from-openapi', 'openapi.json'], 4],
  ])('writes the scenario %s', async (name, from, requests) => {
    const args = from.map((arg) => (arg === 'openapi.json' ? join(team, arg) : arg));
    const { code, stdout, stderr } = await here.loadstar(['new', 'scenario', name, ...args]);
    expect(code, stderr).toBe(0);
    expect(stdout.trim()).toBe(join(team, 'loadtests', `${name}.ts`));
    expect(stderr).toContain(`${requests} request`);
    expect(stderr).toContain(`${COMMAND} run ${name} --target shop`);
    const again = await here.loadstar(['new', 'scenario', name]);
    expect(again.code).toBe(2);
    expect(again.stderr).toContain('--force');
  });

  it('has files whose types are right', () => {
    mkdirSync(join(team, 'loadtests', 'lib'), { recursive: true });
    write('loadtests/browse.ts', BROWSE);
    for (const [file, text] of pageExamples()) {
      mkdirSync(join(team, 'page', dirname(file)), { recursive: true });
      write(join('page', file), text);
    }
    write('loadtests/lib/first.ts', 'export const firstOf = <T>(items: readonly T[]): T | undefined => items[0];\n');
    const modules = join(ROOT, 'node_modules');
    write(
      'tsconfig.json',
      JSON.stringify({
        extends: join(ROOT, 'tsconfig.base.json'),
        compilerOptions: {
          types: ['k6', 'node'],
          typeRoots: [join(modules, '@types')],
          paths: {
            [PACKAGE]: [join(ROOT, 'index.ts')],
            [K6_MODULE]: [join(ROOT, 'k6', 'index.ts')],
            k6: [join(modules, '@types', 'k6')],
            'k6/*': [join(modules, '@types', 'k6', '*')],
          },
        },
        include: ['loadstar.config.ts', 'loadtests', 'page'],
      }),
    );
    const tsc = spawnSync(join(modules, '.bin', 'tsc'), ['-p', team], { encoding: 'utf8' });
    expect(tsc.stdout).toBe('');
    expect(tsc.status).toBe(0);
  });

  it('finds what docs/own-app.md shows to be right', async () => {
    expect(pageExamples().map(([file]) => file)).toEqual([
      'loadstar.config.ts',
      'production/loadstar.config.ts',
      'loadtests/order-tea.ts',
      'load/loadstar.config.ts',
    ]);
    const env = {
      LOADSTAR_CONFIG: join(team, 'page', 'load', 'loadstar.config.ts'),
      PAYMENT_KEY_STAGING: 'x'.repeat(9),
    };
    write(join('page', 'load', 'users.csv'), `email,password\nann@example.com,${PASSWORD}\n`);
    const { code, stderr, summaries } = await run(['order-tea', '--base-url', shop.url, '--duration', '5s'], {
      ...env,
      PAYMENT_KEY: 'y',
    });
    expect(code, stderr).toBe(0);
    expect(summaries[0]?.slos.map(({ limit }) => limit)).toEqual([300, 800, 0.01, 0.99, 0.01, 900]);
  });

  it('runs them all at once: with requests, complete samples, the target by its name, and no secret left behind', async () => {
    const { code, stderr, summaries } = await run(['--target', 'shop', '--duration', '6s']);
    expect(code, stderr).toBe(0);
    expect(summaries.map(({ scenario }) => scenario)).toEqual(['browse', 'buy', 'home', 'tour']);
    for (const summary of summaries) {
      expect(summary).toMatchObject({
        status: 'passed',
        profile: 'smoke',
        error_rate: 0,
        checks_rate: 1,
        target: { name: 'shop', base_url: shop.url },
        completeness: { state: 'complete' },
      });
      expect(summary.requests).toBeGreaterThan(5);
    }
    // Its own three, and the two that every scenario has.
    expect(summaries[0]?.slos).toHaveLength(5);
    // Every virtual user logged in as one of the two.
    expect(shop.requests.filter((it) => it === 'POST /api/login').length).toBeGreaterThan(10);

    const left = summaries.flatMap(({ testid }) => {
      const directory = join(here.results_dir, testid);
      return readdirSync(directory).map((file) => readFileSync(join(directory, file), 'utf8'));
    });
    expect(left.join('\n')).toContain('never print *** or ***');
    for (const text of [...left, stderr]) expect(text).not.toMatch(/sekrit-key|correct-horse|token-that-setup-found/);
    expect(readdirSync(join(here.state_dir, 'bundles'))).toEqual([]);
  });

  it('finds the runs in the history, by target', async () => {
    const { stdout } = await here.loadstar(['runs', '--json']);
    const runs = JSON.parse(stdout) as { scenario: string; target: string; status: string }[];
    expect(
      runs
        .filter((it) => it.target === 'shop' && it.status === 'passed')
        .map((it) => it.scenario)
        .sort(),
    ).toEqual(['browse', 'buy', 'home', 'tour']);
  });

  it('breaks an SLO that cannot hold, for one request, and is told by exit code 99', async () => {
    const slo = `{ indicator: 'p95_ms', limit: 0.001, request: 'GET /api/products/:id' }`;
    write('strict.config.ts', config(`slos: { tour: [${slo}] },`));
    const { code, summaries } = await run([
      'tour',
      '--target',
      'shop',
      '--duration',
      '4s',
      '--config',
      join(team, 'strict.config.ts'),
    ]);
    expect(code).toBe(99);
    expect(summaries[0]?.slos.filter(({ ok }) => !ok)).toMatchObject([
      { indicator: 'p95_ms', request: 'GET /api/products/:id', limit: 0.001 },
    ]);
    expect(summaries[0]?.slos).toHaveLength(5);
  });

  it('judges requests whatever their names are, also those that k6 cannot select', async () => {
    const passing = ['GET /a,b', 'GET /a,b:c', '"quoted"', ' spaced', 'a}{b', ':', 'GET /\\,c', 'ü💶'];
    const names = [...passing, 'GET /slow,'];
    const limits = names.map((request) => ({ request, limit: passing.includes(request) ? 5_000 : 0.001 }));
    mkdirSync(join(team, 'named'), { recursive: true });
    write(
      'named/odd-names.ts',
      `import http from 'k6/http';
import { defineScenario, think } from '@loadstar-hq/loadstar/k6';
const names = ${JSON.stringify(names)};
export default defineScenario({
  title: 'Odd names',
  journey: 'Requests with odd names.',
  requests: names,
  slos: ${JSON.stringify(limits)}.map((slo) => ({ ...slo, indicator: 'p95_ms' as const, reason: 'r' })),
  run({ base_url }) {
    for (const name of names) http.get(base_url + '/', { tags: { name } });
    think(0.5);
  },
});
`,
    );
    write('named.config.ts', config(`scenarios_dir: 'named',`));
    const named = ['odd-names', '--target', 'shop', '--duration', '3s', '--config', join(team, 'named.config.ts')];
    const { code, stderr, summaries } = await run(named);
    expect(code, stderr).toBe(99);
    const stated = summaries[0]?.slos.filter(({ request }) => request !== null);
    expect(stated?.map(({ request, ok }) => ({ request, ok }))).toEqual(
      names.map((request) => ({ request, ok: passing.includes(request) })),
    );
    expect(summaries[0]?.slos.every(({ value }) => value !== null)).toBe(true);
    expect(summaries[0]?.completeness.state).toBe('complete');

    const stock = await run([...named, '--output', 'influxdb']);
    expect(stock).toMatchObject({ code: 2, stderr: expect.stringContaining('`GET /a,b`') });
  });
});

describe('mistakes exit 2 before anything is started', () => {
  it.each([
    ['a field that does not exist', `target: {},`, 'targets, profiles, mixes, scenarios_dir', '`target`'],
    ['a wrong value', `slos: { tour: [{ indicator: 'p95', limit: 1 }] },`, '', '`slos.tour[0].indicator`'],
    ['a scenario that does not exist', `slos: { tuor: [] },`, 'browse, buy, home, tour', '`slos.tuor`'],
    ['a syntax error', `slos: {`, '', 'bad.config.ts:11:2'],
  ])('%s', async (_, more, hint, found) => {
    write('bad.config.ts', config(more));
    const { code, stderr, stdout } = await run(['tour', '--target', 'shop', '--config', join(team, 'bad.config.ts')]);
    expect(code, stderr).toBe(2);
    expect(stderr).toContain(found);
    if (hint) expect(stderr).toContain(hint);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(stdout).toBe('');
  });

  it.each([
    [['--target', 'nowhere'], SECRETS, 'use one of: shop, elsewhere'],
    [['--target', 'elsewhere'], SECRETS, "allowed_hosts: ['shop.example.com']"],
    [['--target', 'shop'], {}, 'SHOP_KEY_STAGING'],
    [['serach', '--target', 'shop'], SECRETS, 'browse, buy, home, tour'],
  ])('%j', async (args, env, hint) => {
    const { code, stderr } = await run(args, env as Record<string, string>);
    expect(code, stderr).toBe(2);
    expect(stderr).toContain(hint);
  });

  it('a scenario whose name leads elsewhere', async () => {
    const { code, stderr } = await here.loadstar(['new', 'scenario', '../evil']);
    expect(code, stderr).toBe(2);
    expect(existsSync(join(team, 'evil.ts'))).toBe(false);
  });
});
