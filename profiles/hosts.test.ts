import { describe, expect, it } from 'vitest';
import { hostAllowed } from './hosts.ts';

describe('hostAllowed', () => {
  it.each(['localhost', '127.0.0.1', '127.8.9.1', '[::1]', '::1', 'LOCALHOST'])('allows loopback: %s', (host) => {
    expect(hostAllowed(host, [])).toBe(true);
  });

  it.each(['example.com', '10.0.0.1', 'localhost.evil.com', '127.0.0.1.evil.com', '0.0.0.0', ''])(
    'refuses what nobody allowed: %s',
    (host) => {
      expect(hostAllowed(host, ['staging.example.com'])).toBe(false);
    },
  );

  it('takes exact names without regard to case', () => {
    expect(hostAllowed('Staging.Example.com', ['staging.example.com'])).toBe(true);
    expect(hostAllowed('a.staging.example.com', ['staging.example.com'])).toBe(false);
  });

  it('takes *. for subdomains, not for the domain itself nor for names that merely end alike', () => {
    expect(hostAllowed('a.b.example.com', ['*.example.com'])).toBe(true);
    expect(hostAllowed('example.com', ['*.example.com'])).toBe(false);
    expect(hostAllowed('Shop.example.com', ['*.example.com', '!shop.example.com'])).toBe(false);
    expect(hostAllowed('evilexample.com', ['*.example.com'])).toBe(false);
  });
});
