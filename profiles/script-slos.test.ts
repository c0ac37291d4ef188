import { describe, expect, it } from 'vitest';
import { slosOfThresholds } from './script-slos.ts';

describe('thresholds of a k6 script', () => {
  it.each([
    ['http_req_duration', 'p(95)<300', { indicator: 'p95_ms', limit: 300, strict: true }],
    ['http_req_duration', 'p(99) <= 1.5e3', { indicator: 'p99_ms', limit: 1_500 }],
    ['http_req_duration', 'avg<200', { indicator: 'avg_ms', limit: 200, strict: true }],
    ['http_req_duration', 'med<=80', { indicator: 'p50_ms', limit: 80 }],
    ['http_req_duration', 'p(90)<200', { indicator: 'p90_ms', limit: 200, strict: true }],
    ['http_req_duration{name:GET /a}', 'p(95)<=300', { indicator: 'p95_ms', limit: 300, request: 'GET /a' }],
    ['http_req_failed', 'rate<0.01', { indicator: 'error_rate', limit: 0.01, strict: true }],
    ['checks', 'rate>=0.9', { indicator: 'checks_rate', limit: 0.9 }],
    ['http_reqs', 'rate>10', { indicator: 'throughput_rps', limit: 10, strict: true }],
  ])('%s: %s is an indicator', (metric, expression, slo) => {
    const [found] = slosOfThresholds({ [metric]: [expression] });
    expect(found).toEqual({ ...slo, threshold: { metric, expression }, reason: 'a threshold of the script' });
  });

  it.each([
    ['checks', 'rate==1.0', 1],
    ['http_req_duration', 'max<200', 200],
    ['http_req_duration', 'p(99.9)<200', 200],
    ['http_req_duration', 'p(95)>0', 0],
    ['http_req_duration{kind:list}', 'p(95)<300', 300],
    ['http_req_duration{name:a,kind:b}', 'p(95)<300', 300],
    ['orders', 'count>100', 100],
    ['queue', 'value<5', 5],
    ['grpc_reqs', 'rate>50', 50],
    ['ws_session_duration', 'p(95)<50', 50],
  ])('%s: %s is judged by k6 alone', (metric, expression, limit) => {
    const [found] = slosOfThresholds({ [metric]: [{ threshold: expression, abortOnFail: true }] });
    expect(found).toMatchObject({ indicator: 'threshold', metric, limit, threshold: { metric, expression } });
  });

  it.each([
    ['grpc_req_duration', 'p(95)<50', 'p95_ms'],
    ['grpc_req_duration{name:/a.B/C}', 'p(99)<50', 'p99_ms'],
    ['grpc_req_failed', 'rate<0.1', 'error_rate'],
    ['ws_req_failed', 'rate<0.1', 'error_rate'],
    ['browser_http_req_duration', 'p(95)<50', 'p95_ms'],
  ])('%s: %s is that indicator of another protocol, beside the one of HTTP', (metric, expression, indicator) => {
    const http = metric.replace(/^(grpc|ws|browser_http)/, 'http');
    const [found, of_http] = slosOfThresholds({ [metric]: [expression], [http]: [expression] });
    expect(found).toMatchObject({ indicator, metric: metric.split('{')[0], strict: true });
    expect(of_http).toMatchObject({ indicator, threshold: { metric: http } });
    expect(of_http?.metric).toBeUndefined();
  });

  it('keeps two of the same indicator apart', () => {
    const found = slosOfThresholds({ http_req_duration: ['p(95)<300', 'p(95)<500'] });
    expect(found.map(({ indicator }) => indicator)).toEqual(['p95_ms', 'threshold']);
  });
});
