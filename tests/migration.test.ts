/** Records of versions that knew no projects, on a real InfluxDB: they become runs of the project, and nothing is lost. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BUCKETS } from '../contract/buckets.ts';
import { STATE_FORMAT } from '../contract/state.ts';
import { BaselineStore } from '../influxdb/baselines.ts';
import { type InfluxConnection, influxClient, queryApi } from '../influxdb/connection.ts';
import { applyRelabel, findRelabels, planRelabel } from '../influxdb/relabel.ts';
import { RunStore } from '../influxdb/runs.ts';
import { migrationFile } from '../runs/housekeeping/migrate-records.ts';
import type { Stack } from '../stack/engine/engine.ts';
import { nativeEngine } from '../stack/native/native-engine.ts';
import { type Machine, machine } from './lib/machine.ts';
import { endOf, startOf } from './lib/records.ts';

/** More than are changed at once. */
const RUNS = 60;
const FOREIGN = 'a,b=foreign value=1 1000';
let here: Machine;
let stack: Stack;
let connection: InfluxConnection;
/** All points as they are with their project. */
let expected: string[];

/** Every field of the bucket, with the project that it should have. */
async function readFields(project?: string): Promise<string[]> {
  const rows = await queryApi(connection).collectRows<Record<string, unknown>>(
    `from(bucket: "${BUCKETS.runs.name}") |> range(start: 0, stop: 2100-01-01T00:00:00Z)`,
  );
  return rows
    .map(({ result: _, table, _start, _stop, ...row }) => {
      const shown = project !== undefined && row.project === undefined && row.branch !== undefined;
      return JSON.stringify(Object.entries({ ...row, ...(shown ? { project } : {}) }).sort());
    })
    .sort();
}

beforeAll(async () => {
  here = await machine();
  stack = await nativeEngine(here.context).up();
  connection = { url: stack.influx.url, org: stack.influx.org, token: stack.influx.tokens.cli };
  const store = new RunStore(connection);
  const histograms = {
    '': { counts: { b10: 3, 'b-2': 1, z: 2 }, min: 0, max: 1.23 },
    'GET /a b,c="d"': { counts: { b10: 3 }, min: 1.22, max: 1.23 },
  };
  const verdict = 'said "no",\nthen \\ left';
  for (let place = 0; place < RUNS; place += 1) {
    // No project: written as versions before 0.2 did.
    const odd = place % 2 === 0 ? {} : { target: 'a b,c=d "e"\\f', branch: 'fix/ü, "x"=\\y' };
    const run = startOf(`run-${place}`, { age_s: 7_200 - place, project: '', ...odd });
    await store.begin(run, { stages: [{ at: new Date(run.started.getTime() + 5_000), text: 'a, "b"' }] });
    await store.end(run, { ...endOf(run, { verdict }), histograms });
    if (place > 0) continue;
    const { project, scenario, profile, target, branch } = run;
    const pinned = { testid: run.testid, project, scenario, profile, target, branch, who: 'me', why: 'good' };
    const started = run.started.toISOString();
    await new BaselineStore(connection).set({ ...pinned, started, set_at: started });
  }
  // In the same time: a run of a project that has one, of equal tags, and a point that is none of Loadstar's.
  const other = startOf('of-another-project', { age_s: 7_190, project: 'shop' });
  await store.end(other, { ...endOf(other), histograms });
  const writer = influxClient(connection).getWriteApi(connection.org, BUCKETS.runs.name, 'ms');
  writer.writeRecord(FOREIGN);
  await writer.close();
  expected = await readFields('loadstar');
  writeFileSync(join(here.state_dir, 'format.json'), '{"format":1}');
}, 120_000);
afterAll(() => here.dispose());

const listed = async (...args: string[]) => {
  const { code, stdout, stderr } = await here.loadstar(['runs', '--json', '--limit', '1000', ...args]);
  expect(code, stderr).toBe(0);
  return (JSON.parse(stdout) as { readonly testid: string }[]).length;
};

it('completes what a call that was killed between the deletion and the writing has left', async () => {
  const { runs, spans } = await findRelabels(connection, null);
  expect([runs.length, spans.length]).toEqual([RUNS, 2]);
  const [first] = spans;
  if (!first) throw new Error('unreachable');
  const relabel = await planRelabel(connection, first, null, 'loadstar');
  const file = migrationFile(here.state_dir, 'native', stack);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(relabel));
  await applyRelabel(connection, { ...relabel, lines: [] });
  expect((await readFields('loadstar')).length).toBeLessThan(expected.length);

  expect(await listed()).toBe(RUNS);
  expect(await readFields()).toEqual(expected);
  expect(await readFields()).toContainEqual(expect.stringContaining('"foreign"'));
  expect(JSON.parse(readFileSync(join(here.state_dir, 'format.json'), 'utf8'))).toEqual({ format: STATE_FORMAT });
});

it('changes nothing the second time', async () => {
  expect(await listed()).toBe(RUNS);
  expect(await readFields()).toEqual(expected);
});

it('renames a project by a command that first shows what it would do', async () => {
  const rename = ['runs', 'migrate', '--from', 'loadstar', '--to', 'renamed'];
  const preview = await here.loadstar(rename);
  expect(preview.stdout).toMatch(new RegExp(`search +demo +${RUNS / 2} `));
  expect(preview.stdout).toContain('Nothing has changed');
  expect(await readFields()).toEqual(expected);

  const done = await here.loadstar([...rename, '--yes']);
  expect(done.code, done.stderr).toBe(0);
  expect([await listed(), await listed('--project', 'renamed')]).toEqual([0, RUNS]);
  expect(await readFields()).toEqual(
    expected.map((row) => row.replace('"project","loadstar"', '"project","renamed"')).sort(),
  );
});

it('does not look for such records again in a state that is migrated', async () => {
  const run = startOf('late', { age_s: 60, project: '' });
  await new RunStore(connection).end(run, endOf(run));
  expect(await listed('--project', 'renamed')).toBe(RUNS);
  expect((await findRelabels(connection, null)).runs.length).toBe(1);
});
