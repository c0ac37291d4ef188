import { describe, expect, it } from 'vitest';
import { LoadstarError } from '../../lib/errors.ts';
import { buildOptions, stepsOf } from '../../profiles/options.ts';
import type { PlannedScenario } from '../../project/catalogue.ts';
import { checkLimits, guardArgs, plannedTotal_s, repeatBudget_s, withAborts } from './limits.ts';

type Limited = Parameters<typeof checkLimits>[0];

const SEARCH = [{ name: 'search' }];

const FREE: Limited = {
  profile: 'smoke',
  scale: 1,
  duration_s: null,
  instances: 1,
  max_rate_rps: null,
  max_duration_s: null,
  max_vus: null,
  limits_of: '`targets.prod`',
};

type Case = Partial<Limited> & { readonly scenarios?: readonly PlannedScenario[] };

function refusal({ scenarios = SEARCH, ...options }: Case): LoadstarError {
  try {
    checkLimits({ ...FREE, ...options }, scenarios);
  } catch (error) {
    if (error instanceof LoadstarError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('a run that plans more than its target allows', () => {
  it.each([
    ['users', { profile: 'load', max_vus: 40 }, 'at most 40 users', '100 in search', '--scale 0.4 fits'],
    ['users, rounded', { profile: 'load', max_vus: 33 }, 'at most 33 users', '100', '--scale 0.33 fits'],
    [
      'a rate of arrival',
      { profile: 'spike', max_rate_rps: 20 },
      'at most 20 requests/s',
      '50 jour',
      '--scale 0.4 fits',
    ],
    ['users for a rate', { profile: 'spike', max_vus: 30 }, 'at most 30 users', '300 in', '--scale 0.1 fits'],
    [
      'stairs from their first step on',
      { profile: 'breakpoint', max_rate_rps: 4 },
      '4 requests/s',
      '10',
      '--scale 0.4',
    ],
    ['time', { profile: 'load', max_duration_s: 60 }, 'at most 60 s', '960 s planned', '--duration 60s fits'],
    [
      'time of all scenarios together',
      { scenarios: [{ name: 'search' }, { name: 'user-login' }], max_duration_s: 30 },
      'at most 30 s',
      '60 s planned: 2 scenarios',
      '--duration 15s fits, or fewer scenarios',
    ],
    // 15 of a hundred steps of 15 s are below 20 a second.
    [
      'time of stairs',
      { profile: 'breakpoint', max_rate_rps: 20, max_duration_s: 75 },
      '75 s',
      '225 s',
      '--duration 500s',
    ],
    [
      'a browser',
      { scenarios: [{ name: 'page-load', needs_browser: true }], max_rate_rps: 20 },
      'held to the 20',
      'page-load',
      'leave it out',
    ],
  ] as const)('%s: is refused with what would fit', (_, options, expected, found, next) => {
    const error = refusal(options);
    expect(error.exit_code).toBe(2);
    expect(error.message).toContain(expected);
    expect(error.found).toContain(found);
    expect(error.next).toContain(next);
    const scale = / ([\d.]+) fits/.exec(error.next ?? '')?.[1];
    if (error.next?.startsWith('--scale')) {
      expect(() => checkLimits({ ...FREE, ...options, scale: Number(scale) }, SEARCH)).not.toThrow();
    }
  });

  it('names the option that sets the time of the command', () => {
    const limited = { ...FREE, duration_s: 365, max_duration_s: 200 };
    const budget = (least_s: number) => () =>
      checkLimits(limited, SEARCH, { time: { name: '--budget', more_s: 65, least_s } });
    expect(budget(96)).toThrow(expect.objectContaining({ next: '--budget 135s fits' }));
    expect(budget(144)).toThrow(
      expect.objectContaining({ next: expect.stringContaining('a target that allows more') }),
    );
  });

  it('fits where it is as much as is allowed', () => {
    const limits = { max_rate_rps: 50, max_duration_s: 1_000, max_vus: 100 };
    for (const profile of ['smoke', 'load', 'ci'] as const) {
      expect(() => checkLimits({ ...FREE, ...limits, profile }, SEARCH)).not.toThrow();
    }
  });

  it('leaves repeats what is left', () => {
    const left_s = (scenarios: string[], max_duration_s: number | null) => {
      const planned_s = plannedTotal_s(
        FREE,
        scenarios.map((name) => ({ name })),
      );
      return repeatBudget_s({ scenarios, max_duration_s }, planned_s);
    };
    expect(left_s(['a'], null)).toBe(Number.POSITIVE_INFINITY);
    expect(left_s(['a'], 50)).toBe(20);
    expect(left_s(['a', 'b'], 100)).toBe(20);
  });
});

describe('while it runs', () => {
  it('k6 is held to the rate, and kept from production that the run is not about', () => {
    const none = { max_rate_rps: null, allow_hosts: [], blocked_hosts: [], instances: 1 };
    expect(guardArgs(none)).toEqual([]);
    // A share each.
    expect(guardArgs({ ...none, max_rate_rps: 20, instances: 3 })).toEqual(['--rps', '6']);
    expect(refusal({ instances: 3, max_rate_rps: 2 }).message).toContain('at most 2 generators');
    // Hosts that are not allowed are refused anyhow.
    const blocked_hosts = ['shop.example.com', 'shop.example.net', '192.0.2.7', '[2001:db8::1]'];
    const allow_hosts = ['*.example.com', '192.0.2.7', '[2001:db8::1]'];
    expect(guardArgs({ ...none, max_rate_rps: 20, allow_hosts, blocked_hosts })).toEqual([
      '--rps',
      '20',
      '--block-hostnames',
      'shop.example.com',
      '--blacklist-ip',
      '192.0.2.7/32',
      '--blacklist-ip',
      '2001:db8::1/128',
    ]);
  });

  it('open models have no more users than allowed, and stairs no step beyond the rate', () => {
    const shape = { scale: 1, duration_s: null, max_vus: 40, max_rate_rps: 20 };
    expect(buildOptions('search', { ...shape, profile: 'ci' }, []).scenarios?.search).toMatchObject({
      preAllocatedVUs: 40,
      maxVUs: 40,
    });
    const steps = stepsOf({ ...shape, profile: 'breakpoint' });
    expect(steps.at(-1)?.target_per_s).toBeLessThanOrEqual(20);
    expect((steps.at(-1)?.target_per_s ?? 0) * 1.05).toBeGreaterThan(20);
    expect(steps[0]).toEqual(stepsOf({ ...shape, max_rate_rps: null, profile: 'breakpoint' })[0]);
  });

  it('an SLO ends it where it is asked to, with a threshold of its own or with its own one', () => {
    const slo = { indicator: 'error_rate', limit: 0.01, reason: '' } as const;
    const thresholds = (slos: ReturnType<typeof withAborts>) =>
      buildOptions('search', { profile: 'smoke', scale: 1, duration_s: null }, slos).thresholds;
    const ending = (after: string) => [{ threshold: 'rate<=0.01', abortOnFail: true, delayAbortEval: after }];
    expect(thresholds([slo])).toEqual({ http_req_failed: ['rate<=0.01'] });
    expect(thresholds([{ ...slo, abort: true }])).toEqual({ http_req_failed: ending('10s') });
    expect(thresholds(withAborts([{ ...slo, aborts: { limit: 0.5, after_s: 60 } }], 5))).toEqual({
      http_req_failed: ending('5s'),
    });
    const throughput = { indicator: 'throughput_rps', limit: 5, reason: '' } as const;
    expect(withAborts([throughput], 5)).toEqual([throughput]);
    expect(withAborts([slo], null)).toEqual([slo]);
  });
});
