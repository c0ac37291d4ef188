import { describe, expect, it } from 'vitest';
import { PROFILES, type Profile, type ProfileName } from '../contract/profiles.ts';
import { SCENARIOS } from '../contract/scenarios.ts';
import { buildOptions, executorOf, plannedDuration_s, plateausOf, stagesOf, stepsOf } from './options.ts';
import { thresholdsOf } from './thresholds.ts';

const load = { profile: 'load', scale: 1, duration_s: null } as const;

describe('the reference test', () => {
  const options = buildOptions('appointment-availability', load, SCENARIOS['appointment-availability'].slos);

  it('has the reference stages', () => {
    expect(options.scenarios?.['appointment-availability']).toHaveProperty('stages', [
      { duration: '120000ms', target: 50 },
      { duration: '300000ms', target: 50 },
      { duration: '120000ms', target: 100 },
      { duration: '300000ms', target: 100 },
      { duration: '120000ms', target: 0 },
    ]);
  });

  it('has the reference thresholds, and that of script exceptions', () => {
    expect(options.thresholds).toEqual({
      http_req_duration: ['p(95)<=500'],
      http_req_failed: ['rate<=0.01'],
      iteration_exceptions: ['rate<=0.01'],
    });
  });

  it('tags no URL', () => {
    expect(options.systemTags).not.toContain('url');
    expect(options.systemTags).toContain('name');
  });
});

describe('SCALE and DURATION', () => {
  it('stretch the stages in proportion', () => {
    const stages = stagesOf({ profile: 'load', scale: 1, duration_s: 96 });
    expect(stages.map((stage) => stage.duration_s)).toEqual([12, 30, 12, 30, 12]);
    expect(plannedDuration_s({ profile: 'load', duration_s: 96 })).toBe(96);
    expect(plannedDuration_s({ profile: 'load', duration_s: null })).toBe(960);
  });

  it('scale the users, but leave one where there was one', () => {
    const stages = stagesOf({ profile: 'load', scale: 0.001, duration_s: null });
    expect(stages.map((stage) => stage.target)).toEqual([1, 1, 1, 1, 0]);
    expect(stagesOf({ profile: 'smoke', scale: 3, duration_s: null })[0]).toMatchObject({ target: 15, unit: 'users' });
  });

  it('holds its peak where the load has to be constant, for users and for rates', () => {
    const level = { scale: 1, duration_s: 60, is_level: true };
    expect(stagesOf({ ...level, profile: 'load' })).toEqual([
      { duration_s: 0, target: 100, unit: 'users' },
      { duration_s: 60, target: 100, unit: 'users' },
    ]);
    expect(executorOf({ ...level, profile: 'spike' })).toMatchObject({ startRate: 50_000, timeUnit: '1000s' });
  });

  it('scale rates of arrival, to a thousandth of one a second', () => {
    const stages = stagesOf({ profile: 'spike', scale: 0.5, duration_s: null });
    expect(stages.map((stage) => stage.target)).toEqual([2.5, 25, 25, 2.5, 2.5]);
    expect(executorOf({ profile: 'ci', scale: 0.0123, duration_s: 5 })).toMatchObject({
      executor: 'ramping-arrival-rate',
      startRate: 123,
      timeUnit: '1000s',
      stages: [{ duration: '5000ms', target: 123 }],
    });
  });
});

describe.each(Object.keys(PROFILES).filter((name) => name !== 'script') as ProfileName[])('profile %s', (profile) => {
  const shape = { profile, scale: 1, duration_s: null };

  it('plans the stages that k6 gets, and has users for them', () => {
    const planned_s = plannedDuration_s({ profile, duration_s: null });
    expect(stagesOf(shape).reduce((sum, stage) => sum + stage.duration_s, 0)).toBeCloseTo(planned_s);
    const executor = executorOf(shape) as unknown as {
      stages: { duration: string; target: number }[];
      startRate?: number;
      preAllocatedVUs?: number;
      maxVUs?: number;
    };
    const k6_ms = executor.stages.reduce((sum, stage) => sum + Number.parseInt(stage.duration, 10), 0);
    expect(k6_ms / 1_000).toBeCloseTo(planned_s);
    // Only a model that starts iterations at a rate has users to allocate.
    const has_rate = PROFILES[profile].model !== 'closed';
    expect(executor.startRate !== undefined).toBe(has_rate);
    expect(executor.stages.every(({ target }) => Number.isInteger(target))).toBe(true);
    if (!has_rate) return;
    expect(executor.startRate).toBeGreaterThan(0);
    expect(executor.maxVUs).toBeGreaterThanOrEqual(executor.preAllocatedVUs ?? Number.NaN);
  });
});

describe('soak and ci', () => {
  it('last an hour or more, and twenty seconds', () => {
    expect(plannedDuration_s({ profile: 'soak', duration_s: null })).toBeGreaterThanOrEqual(3_600);
    expect(plannedDuration_s({ profile: 'ci', duration_s: null })).toBe(20);
  });
});

describe('the staircase', () => {
  const profile: Profile = PROFILES.breakpoint;

  it.each([1, 0.1, 8, 0.37])('rises at every step, and by 5 %% at most (scale %d)', (scale) => {
    const steps = stepsOf({ profile: 'breakpoint', scale, duration_s: null });
    expect(steps).toHaveLength(profile.model === 'staircase' ? profile.steps : 0);
    expect(steps[0]?.target_per_s).toBeCloseTo(10 * scale);
    for (const [index, { target_per_s, from_s }] of steps.entries()) {
      const before = steps[index - 1];
      if (!before) continue;
      expect(from_s).toBe(before.to_s);
      expect(target_per_s).toBeGreaterThan(before.target_per_s);
      // Floats: 10.5 / 10 is a hair above.
      expect(target_per_s / before.target_per_s - 1.05).toBeLessThan(1e-9);
    }
  });

  it('is what k6 gets: jumps, and constant load between them', () => {
    const executor = executorOf({ profile: 'breakpoint', scale: 8, duration_s: 400 });
    expect(executor).toMatchObject({ executor: 'ramping-arrival-rate', startRate: 80_000 });
    expect((executor as { stages?: unknown[] }).stages?.slice(0, 4)).toEqual([
      { duration: '0ms', target: 80_000 },
      { duration: '4000ms', target: 80_000 },
      { duration: '0ms', target: 84_000 },
      { duration: '4000ms', target: 84_000 },
    ]);
  });

  it('has no thresholds of k6, which look at the run as a whole', () => {
    expect(
      buildOptions('search', { profile: 'breakpoint', scale: 1, duration_s: null }, SCENARIOS.search.slos).thresholds,
    ).toEqual({});
    expect(stepsOf(load)).toEqual([]);
  });
});

describe('plateaus', () => {
  const of = (profile: ProfileName, scale = 1) => plateausOf({ profile, scale, duration_s: null });

  it('are the stages with constant load, in their order', () => {
    expect(of('load')).toEqual([
      { name: 'plateau 1', target: 50, unit: 'users' },
      { name: 'plateau 2', target: 100, unit: 'users' },
    ]);
    expect(of('spike').map(({ target }) => target)).toEqual([5, 50, 5]);
    expect(of('ci')).toEqual([{ name: 'plateau 1', target: 10, unit: 'iterations/s' }]);
  });

  it('are none where the load only rises and falls, or rises in steps', () => {
    expect(of('stress')).toEqual([]);
    expect(of('breakpoint')).toEqual([]);
  });

  it('keep their names at another scale', () => {
    expect(of('load', 0.5).map(({ name, target }) => [name, target])).toEqual([
      ['plateau 1', 25],
      ['plateau 2', 50],
    ]);
  });
});

describe('thresholds', () => {
  it.each([{ during: 'steady' }, { over: '30s' }])('know nothing of a part of the run: %o', (part) => {
    expect(thresholdsOf([{ indicator: 'p95_ms', limit: 800, reason: '', ...part }])).toEqual({});
  });

  it('of one request go to its submetric', () => {
    const slo = { indicator: 'p95_ms', limit: 800, request: 'GET /api/appointments/:id', reason: '' } as const;
    expect(thresholdsOf([slo])).toEqual({ 'http_req_duration{name:GET /api/appointments/:id}': ['p(95)<=800'] });
  });

  it.each(['GET /a,b', ' GET /a', 'GET /a ', '"GET /a', "GET /a'"])('k6 cannot select %j by its name', (request) => {
    expect(thresholdsOf([{ indicator: 'p95_ms', limit: 800, request, reason: '' }])).toEqual({});
  });

  it('of another trend go to that metric', () => {
    const slo = { indicator: 'p95_ms', limit: 2_500, metric: 'browser_web_vital_lcp', reason: '' } as const;
    expect(thresholdsOf([slo])).toEqual({ browser_web_vital_lcp: ['p(95)<=2500'] });
  });

  it('end the run at a limit and a time of their own, beside the one that fails it', () => {
    const aborts = { limit: 0.5, after_s: 60 };
    expect(thresholdsOf([{ indicator: 'error_rate', limit: 0.01, aborts, reason: '' }])).toEqual({
      http_req_failed: ['rate<=0.01', { threshold: 'rate<=0.5', abortOnFail: true, delayAbortEval: '60s' }],
    });
  });

  it('name only requests that their scenario makes', () => {
    for (const scenario of Object.values(SCENARIOS)) {
      for (const slo of scenario.slos) {
        if ('request' in slo) expect(scenario.requests).toContain(slo.request);
      }
    }
  });
});
