/** The profile breakpoint on real parts: it finds the limit that the demo was given, and claims none that is not there. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROFILES, type StaircaseProfile } from '../contract/profiles.ts';
import type { RunSummary } from '../contract/results.ts';
import type { RunRecord } from '../influxdb/runs.ts';
import { type Machine, machine, ROOT } from './lib/machine.ts';

let here: Machine;
beforeAll(async () => {
  here = await machine();
});
afterAll(() => here.dispose());

const CAPACITY_RPS = 60;
const TOLERANCE = 0.1;
const breakpoint: StaircaseProfile = PROFILES.breakpoint;
/** Steps of 4 s, from 40 journeys a second on: the limit is some eight steps above. */
const STAIRS = ['--profile', 'breakpoint', '--scale', '4', '--duration', '400s'];

describe('the profile breakpoint', () => {
  it('finds the capacity of the demo within 10 %, and keeps it with the run', async () => {
    const fault = ['--demo-fault', `GET /api/search capacity_rps=${CAPACITY_RPS}`];
    const run = await here.loadstar(['run', 'search', ...STAIRS, '--json', ...fault]);
    expect(run.code, run.stderr).toBe(0);
    const [summary] = JSON.parse(run.stdout) as RunSummary[];
    if (!summary?.limit) throw new Error(`expected a limit, found none: ${run.stderr}`);
    const { limit } = summary;
    expect(limit.end, run.stderr).toBe('slo');
    expect(Math.abs((limit.capacity_rps ?? 0) / CAPACITY_RPS - 1), run.stderr).toBeLessThan(TOLERANCE);
    // Each journey takes about a second, most of it to read.
    expect(limit.capacity_users).toBeGreaterThan(CAPACITY_RPS / 2);
    expect(run.stderr).toContain(summary.verdict);
    expect(summary.verdict).toMatch(/^capacity \S+ requests\/s with \d+ users; at \S+ requests\/s .*p95 ≤ 400 ms/);

    // The graceful end has lost nothing, and the stop was ours.
    expect(summary).toMatchObject({ status: 'passed', k6_exit_code: 105, completeness: { state: 'complete' } });
    const states = limit.steps.map((step) => step.state);
    expect(states.filter((state) => state === 'failed')).toHaveLength(1);
    expect(states.at(-1)).toBe('failed');
    for (const [index, { offered_per_s }] of limit.steps.entries()) {
      const before = limit.steps[index - 1];
      if (before) expect(offered_per_s / before.offered_per_s - breakpoint.factor).toBeLessThan(1e-9);
    }
    const schema = JSON.parse(readFileSync(join(ROOT, 'contract', 'summary.schema.json'), 'utf8'));
    const validate = new Ajv({ validateFormats: false }).compile(schema);
    expect(validate(summary), JSON.stringify(validate.errors)).toBe(true);

    const listed = await here.loadstar(['runs', '--json', '--limit', '1']);
    const [record] = JSON.parse(listed.stdout) as RunRecord[];
    expect(record).toMatchObject({
      testid: summary.testid,
      capacity_rps: limit.capacity_rps,
      capacity_users: limit.capacity_users,
    });
    expect((await here.loadstar(['runs'])).stdout).toContain('capacity');
  });

  it('fails where the first step breaks already, and claims no capacity', async () => {
    const fault = ['--demo-fault', 'GET /api/search latency_ms=600'];
    const run = await here.loadstar(['run', 'search', ...STAIRS, '--json', ...fault]);
    expect(run.code, run.stderr).toBe(99);
    const [summary] = JSON.parse(run.stdout) as RunSummary[];
    expect(summary?.limit).toMatchObject({ end: 'slo', capacity_rps: null });
    expect(summary?.limit?.steps).toHaveLength(1);
    expect(summary?.verdict).toContain('SCALE=0.1');
  });
});
