/** A team's own scenarios and limits in a real Grafana: rules that fire, lines that are shown, and gone when they are. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InfluxDB } from '@influxdata/influxdb-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { INBOX } from '../contract/alerting.ts';
import { OWN_PROJECT } from '../contract/project-name.ts';
import type { RunSummary } from '../contract/results.ts';
import { DEFAULT_SLOS, hasAlert, type Slo } from '../contract/slo.ts';
import { ruleFile } from '../grafana/alerting/rules.ts';
import { LOADSTAR_SCHEMA } from '../grafana/builder/schemas/loadstar.ts';
import { sloTable } from '../grafana/dashboards/live/slos.ts';
import { SecretStore } from '../stack/engine/secrets.ts';
import { findGrafana } from '../stack/native/grafana.ts';
import { nativeEngine } from '../stack/native/native-engine.ts';
import { type Shop, startShop } from './apps/shop.ts';
import { interpolated } from './lib/dashboards.ts';
import { type Machine, machine } from './lib/machine.ts';

let here: Machine;
let shop: Shop;
let team: string;
const testids: string[] = [];

beforeAll(async () => {
  shop = await startShop();
  team = mkdtempSync(join(tmpdir(), 'loadstar-team-'));
  here = await machine({
    LOADSTAR_CONFIG: join(team, 'loadstar.config.ts'),
    ...(process.env.GRAFANA_HOME ? { GRAFANA_HOME: process.env.GRAFANA_HOME } : {}),
  });
});
afterAll(async () => {
  await shop.close();
  await here.dispose();
  rmSync(team, { recursive: true });
});

const OWN_LIMIT_MS = 0.001;
/** As in OData: Grafana would replace `$count` by a variable of its environment. */
const OWN_REQUEST = 'GET /api/products/$count';
const LIMIT_OF_SEARCH_MS = 432;
const PRODUCTS = `import { defineScenario } from '@loadstar-hq/loadstar/k6';
export default defineScenario({
  title: 'Products',
  journey: 'Somebody reads the list.',
  requests: ['${OWN_REQUEST}'],
  slos: [{ indicator: 'p95_ms', limit: ${OWN_LIMIT_MS}, request: '${OWN_REQUEST}', reason: 'no list is so fast' }],
  run({ client }) {
    client.request({ method: 'GET', route: '/api/products/$count' });
  },
});
`;

function configure(slos: string): void {
  writeFileSync(
    join(team, 'loadstar.config.ts'),
    `import { defineConfig } from '@loadstar-hq/loadstar';\nexport default defineConfig({ slos: { ${slos} } });\n`,
  );
}

async function grafana<T>(path: string): Promise<T> {
  const { grafana_password } = await new SecretStore(here.state_dir).load();
  const authorization = `Basic ${Buffer.from(`admin:${grafana_password}`).toString('base64')}`;
  const answer = await fetch(`http://127.0.0.1:${here.env.GRAFANA_PORT}${path}`, { headers: { authorization } });
  return (await answer.json()) as T;
}

interface Rule {
  readonly uid: string;
  readonly title: string;
  readonly annotations: Readonly<Record<string, string>>;
}
const rules = () => grafana<readonly Rule[]>('/api/v1/provisioning/alert-rules');
const limitOf = (all: readonly Rule[], title: string) => all.find((it) => it.title === title)?.annotations.limit;
const { groups } = ruleFile(OWN_PROJECT) as { groups: readonly { readonly rules: readonly object[] }[] };
const BUILT_IN_RULES = groups.flatMap((group) => group.rules).length;
/** Every scenario has them. */
const DEFAULT_SLO_LIST: readonly Slo[] = Object.values(DEFAULT_SLOS);
const OWN_RULE = `${OWN_PROJECT} · p95 too high: products, ${OWN_REQUEST}`;
const RULE_OF_SEARCH = `${OWN_PROJECT} · p95 too high: search`;

async function messages(): Promise<string> {
  return await (await fetch(`http://127.0.0.1:${here.env.INBOX_PORT}${INBOX.messages_path}`)).text();
}

describe("a team's scenarios and limits", () => {
  it('are alarmed on and shown by a Grafana that runs, and by the next one', async ({ skip }) => {
    if (!(await findGrafana(here.env))) return skip('no Grafana: set GRAFANA_HOME');
    configure('');
    expect((await here.loadstar(['up'])).code).toBe(0);
    // Grafana answers before it has read its rules.
    await expect.poll(rules, { timeout: 20_000 }).toHaveLength(BUILT_IN_RULES);
    const built_in = await rules();
    expect(limitOf(built_in, OWN_RULE)).toBeUndefined();

    configure(`search: [{ indicator: 'p95_ms', limit: ${LIMIT_OF_SEARCH_MS} }]`);
    mkdirSync(join(team, 'loadtests'));
    writeFileSync(join(team, 'loadtests', 'products.ts'), PRODUCTS);
    const up = await here.loadstar(['up']);
    expect(up.stderr).not.toContain('keeps the alert rules');
    const with_team = await rules();
    expect(with_team).toHaveLength(built_in.length + 1 + DEFAULT_SLO_LIST.filter(hasAlert).length);
    expect(limitOf(with_team, OWN_RULE)).toBe(`${OWN_LIMIT_MS} ms`);
    expect(limitOf(with_team, RULE_OF_SEARCH)).toBe(`${LIMIT_OF_SEARCH_MS} ms`);
    const args = ['run', 'products', '--base-url', shop.url, '--duration', '20s', '--json'];
    const { stdout, stderr } = await here.loadstar(args);
    expect(stdout, stderr).not.toBe('');
    const [{ testid }] = JSON.parse(stdout) as [RunSummary];
    testids.push(testid);
    const { influx } = await nativeEngine(here.context).up();
    const api = new InfluxDB({ url: influx.url, token: influx.tokens.grafana }).getQueryApi(influx.org);
    const choice = {
      run: testid,
      against: '',
      scenario: 'products',
      target: 'demo',
      from: new Date(0),
      to: new Date(),
    };
    const table = await api.collectRows(interpolated(sloTable(LOADSTAR_SCHEMA), { ...choice, step: '1s' }));
    expect(table).toHaveLength(1 + DEFAULT_SLO_LIST.length);
    expect(table).toContainEqual(expect.objectContaining({ for: OWN_REQUEST, limit: `≤ ${OWN_LIMIT_MS} ms` }));
    await expect.poll(messages, { timeout: 20_000 }).toContain(`\`products, ${OWN_REQUEST}: p95 too high\`:`);
    expect(await messages()).toContain(testid);

    rmSync(join(team, 'loadtests'), { recursive: true });
    configure('');
    expect((await here.loadstar(['up'])).code).toBe(0);
    expect((await rules()).map(({ uid }) => uid).sort()).toEqual(built_in.map(({ uid }) => uid).sort());
    expect(limitOf(await rules(), RULE_OF_SEARCH)).toBe(limitOf(built_in, RULE_OF_SEARCH));

    // The next one is told to delete a rule that it has no more.
    await here.loadstar(['down']);
    expect((await here.loadstar(['up'])).code).toBe(0);
    await expect.poll(rules, { timeout: 20_000 }).toHaveLength(built_in.length);
  }, 150_000);
});
