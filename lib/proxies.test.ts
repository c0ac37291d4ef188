import { describe, expect, it } from 'vitest';
import { proxyRules } from './proxies.ts';

const PROXY = 'http://proxy.example.com:3128';
const all = (no_proxy: string) => proxyRules({ HTTP_PROXY: PROXY, HTTPS_PROXY: PROXY, NO_PROXY: no_proxy });
const through = (url: string, no_proxy: string) => all(no_proxy)(new URL(url)) !== null;

/** What golang.org/x/net/http/httpproxy answers to the same: k6 has to go the same way. */
describe('the proxy that leads to an address', () => {
  it.each([
    ['https://influx.example.com', '', true],
    ['http://localhost:8086', '', false],
    ['http://127.0.0.1:8086', '', false],
    ['http://127.8.8.8', '', false],
    ['https://[::1]:8086', '', false],
    ['https://10.1.2.3', '10.0.0.0/8', false],
    ['https://11.1.2.3', '10.0.0.0/8', true],
    ['https://10.1.2.3', '10.1.2.3', false],
    ['https://10.1.2.3:9000', '10.1.2.3:8086', true],
    ['https://[fd00::5]', 'fd00::/8', false],
    ['https://[fd00::5]:8086', 'fd00::5', false],
    ['https://example.com', 'example.com', false],
    ['https://influx.example.com', 'example.com', false],
    ['https://notexample.com', 'example.com', true],
    ['https://example.com', '.example.com', true],
    ['https://influx.example.com', '.example.com', false],
    ['https://influx.example.com', '*.example.com', false],
    ['https://influx.example.com:8086', 'example.com:8086', false],
    ['https://influx.example.com', 'example.com:443', false],
    ['http://influx.example.com', 'example.com:443', true],
    ['https://influx.example.com', 'a.b, Influx.Example.COM ,c', false],
    ['https://influx.example.com', '*', false],
  ])('%s with NO_PROXY=%s', (url, no_proxy, expected) => {
    expect(through(url, no_proxy)).toBe(expected);
  });

  it('is that of the scheme, in either case, capital letters first', () => {
    const rules = proxyRules({ http_proxy: 'a:1', HTTPS_PROXY: 'https://b:2', https_proxy: 'c:3' });
    expect(rules(new URL('http://x.test'))?.href).toBe('http://a:1/');
    expect(rules(new URL('https://x.test'))?.href).toBe('https://b:2/');
    expect(proxyRules({ HTTP_PROXY: 'a:1' })(new URL('https://x.test'))).toBeNull();
  });

  it('is refused where it is none, without its password, and only when it is needed', () => {
    const rules = proxyRules({ HTTPS_PROXY: 'socks5://me:hunter2@b:2' });
    expect(rules(new URL('https://localhost'))).toBeNull();
    expect(() => rules(new URL('https://x.test'))).toThrow(/HTTPS_PROXY to be the address of an HTTP proxy/);
    const refused = () => proxyRules({ HTTPS_PROXY: 'http://me:hunter2@:' })(new URL('https://x.test'));
    expect(refused).toThrow(expect.toSatisfy((error) => !JSON.stringify(error).includes('hunter2')));
  });
});
