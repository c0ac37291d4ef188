import { describe, expect, it } from 'vitest';
import { SCENARIOS } from '../../contract/scenarios.ts';
import { buildOptions, plannedDuration_s, stagesOf } from './options.ts';
import { thresholdOf, thresholdsOf } from './thresholds.ts';

const load = { profile: 'load', scale: 1, duration_s: null } as const;

describe('the reference test', () => {
  const options = buildOptions('appointment-availability', load);

  it('has the reference stages', () => {
    expect(options.scenarios?.['appointment-availability']).toHaveProperty('stages', [
      { duration: '120000ms', target: 50 },
      { duration: '300000ms', target: 50 },
      { duration: '120000ms', target: 100 },
      { duration: '300000ms', target: 100 },
      { duration: '120000ms', target: 0 },
    ]);
  });

  it('has the reference thresholds', () => {
    expect(options.thresholds).toEqual({ http_req_duration: ['p(95)<500'], http_req_failed: ['rate<0.01'] });
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
    expect(plannedDuration_s('load', 96)).toBe(96);
    expect(plannedDuration_s('load', null)).toBe(960);
  });

  it('scale the users, but leave one where there was one', () => {
    const stages = stagesOf({ profile: 'load', scale: 0.001, duration_s: null });
    expect(stages.map((stage) => stage.target_vus)).toEqual([1, 1, 1, 1, 0]);
    expect(stagesOf({ profile: 'smoke', scale: 3, duration_s: null })[0]?.target_vus).toBe(15);
  });
});

describe('thresholds', () => {
  it('of one request go to its submetric', () => {
    const slo = { indicator: 'p95_ms', limit: 800, request: 'GET /api/appointments/:id', reason: '' } as const;
    expect(thresholdOf(slo)).toEqual({
      metric: 'http_req_duration{name:GET /api/appointments/:id}',
      expression: 'p(95)<800',
    });
  });

  it('of another trend go to that metric', () => {
    const slo = { indicator: 'p95_ms', limit: 2_500, metric: 'browser_web_vital_lcp', reason: '' } as const;
    expect(thresholdOf(slo)).toEqual({ metric: 'browser_web_vital_lcp', expression: 'p(95)<2500' });
  });

  it('end the run at a limit and a time of their own, beside the one that fails it', () => {
    const aborts = { limit: 0.5, after_s: 60 };
    expect(thresholdsOf([{ indicator: 'error_rate', limit: 0.01, aborts, reason: '' }])).toEqual({
      http_req_failed: ['rate<0.01', { threshold: 'rate<0.5', abortOnFail: true, delayAbortEval: '60s' }],
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
