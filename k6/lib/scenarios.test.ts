import { beforeEach, describe, expect, it, vi } from 'vitest';
import { SCENARIOS } from '../../contract/scenarios.ts';
import { type Scripted, type Sent, script, sent } from '../stubs/http.ts';
import { checks, slept_s } from '../stubs/k6.ts';
import { counted } from '../stubs/metrics.ts';

vi.stubGlobal('__ENV', { BASE_URL: 'http://127.0.0.1:1/', LOADSTAR_SUMMARY_FILE: '/tmp/summary.json' });

const slot = { id: 's1', serviceId: 'a', doctor: 'Dr X', start: '' };
const hits = Array.from({ length: 6 }, (_, index) => ({
  type: 'service',
  id: `h${index}`,
  name: 'Dental check-up Dr vaccination',
}));

/** A clinic that does all right. */
function healthy({ method, url }: Sent): Scripted {
  const path = url.replace('http://127.0.0.1:1', '').split('?')[0] ?? '';
  if (path === '/api/auth/login') return { status: 200, body: { token: 't' } };
  if (path === '/api/services') return { status: 200, body: { services: [{ id: 'a', name: 'A' }] } };
  if (path === '/api/appointments/available') return { status: 200, body: { slots: [slot] } };
  if (path === '/api/search') {
    const none = url.includes('unobtainium');
    const page = url.includes('page=2') ? hits.slice(5) : hits.slice(0, 5);
    return { status: 200, body: { total: none ? 0 : 6, page: 1, size: 5, hits: none ? [] : page } };
  }
  if (method === 'POST') return { status: 201, body: { id: 'b1', slotId: 's1', status: 'booked' } };
  if (method === 'DELETE') return { status: 204 };
  return { status: 200, body: { id: 'b1', slotId: 's1', status: 'booked' } };
}

const failed = () => [...checks].filter(([, results]) => results.includes(false)).map(([name]) => name);

beforeEach(() => {
  checks.clear();
  counted.clear();
  slept_s.length = 0;
});

describe.each(['appointment-availability', 'appointment-booking', 'search'] as const)('%s', (name) => {
  it('passes every check on a healthy clinic, and makes just the requests of the catalogue', async () => {
    const scenario = await import(`../scenarios/${name}.ts`);
    const names = new Set<string>();
    script(healthy);
    for (let round = 0; round < 50; round += 1) {
      scenario.default();
      for (const { params } of sent) names.add(params.tags.name);
    }
    expect(failed()).toEqual([]);
    expect([...names].sort()).toEqual([...SCENARIOS[name].requests].sort());
    expect(slept_s.length).toBeGreaterThan(0);
  });

  it('fails checks, and does not throw, when every answer is an error without a body', async () => {
    const scenario = await import(`../scenarios/${name}.ts`);
    script(() => ({ status: 500 }));
    expect(() => scenario.default()).not.toThrow();
    expect(failed().length).toBeGreaterThan(0);
  });

  it('hands the final data to the runner', async () => {
    const scenario = await import(`../scenarios/${name}.ts`);
    expect(scenario.handleSummary({ metrics: {} })).toEqual({ '/tmp/summary.json': '{"metrics":{}}' });
  });
});

describe('appointment-booking', () => {
  it('takes a conflict as an outcome: counts it, tries again, and gives up after three', async () => {
    const { default: booking } = await import('../scenarios/appointment-booking.ts');
    script((request) => (request.url.endsWith('/api/appointments') ? { status: 409 } : healthy(request)));
    booking();
    expect(counted.get('booking_conflicts')).toBe(3);
    expect(failed()).toEqual([]);
    expect(sent.some(({ method }) => method === 'DELETE')).toBe(false);
  });
});
