import { describe, expect, it } from 'vitest';
import { findGuard, strictest } from './guarded.ts';
import type { TargetConfig } from './schema.ts';

const TARGETS: Record<string, TargetConfig> = {
  staging: { base_url: 'https://staging.example.com', allowed_hosts: ['staging.example.com'], max_vus: 200 },
  prod: {
    base_url: 'https://shop.example.com',
    allowed_hosts: ['shop.example.com', 'api.example.net', '*.example.com'],
    production: true,
    max_rate_rps: 50,
    max_duration_s: 60,
  },
  sneaky: { base_url: 'https://SHOP.example.com./', max_rate_rps: 500 },
  here: { base_url: 'http://localhost:3000', production: true, max_rate_rps: 5, max_duration_s: 5 },
};

const guarded = (url: string | null, named: string | null = null) =>
  findGuard(url === null ? null : new URL(url), named, TARGETS);

describe('production', () => {
  it.each([
    ['https://shop.example.com/', 'prod'],
    ['http://shop.example.com:8080/path', 'prod'],
    ['https://Shop.Example.COM.', 'prod'],
    ['https://api.example.net', 'prod'],
    ['https://other.example.com', 'prod'],
    ['http://127.0.0.1:3000', 'here'],
    ['http://[::1]:3000/', 'here'],
    ['https://staging.example.com', null],
    ['http://localhost:3001', null],
    ['https://example.com', null],
    ['https://shop.example.com.evil.test', null],
  ])('%s is %s, whatever the call names it', (url, production) => {
    expect(guarded(url).production).toBe(production);
  });

  it('is found under another name in the configuration, and has the stricter limits of the two', () => {
    expect(guarded('https://shop.example.com', 'sneaky')).toMatchObject({
      production: 'prod',
      limits: { max_rate_rps: 50, max_duration_s: 60, max_vus: null },
    });
    expect(guarded('https://shop.example.com', 'prod').production).toBe('prod');
  });

  it('that a run is not about is out of its reach', () => {
    expect(guarded('https://staging.example.com', 'staging')).toMatchObject({
      production: null,
      limits: { max_rate_rps: null, max_vus: 200 },
      limits_of: '`targets.staging`',
      blocked_hosts: ['shop.example.com'],
    });
    expect(guarded(null).blocked_hosts).toEqual(['shop.example.com']);
    expect(guarded('https://shop.example.com', 'prod').blocked_hosts).toEqual([]);
  });
});

it('of two sets of limits, the stricter one holds', () => {
  const some = { max_rate_rps: 10, max_duration_s: null, max_vus: 5 };
  const others = { max_rate_rps: 20, max_duration_s: 60, max_vus: 3 };
  expect(strictest(some, others)).toEqual({ max_rate_rps: 10, max_duration_s: 60, max_vus: 3 });
});
