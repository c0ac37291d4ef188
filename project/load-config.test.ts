import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { LoadstarError } from '../lib/errors.ts';
import { findProject } from '../lib/find-project.ts';
import { loadConfig } from './load-config.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const cwd = mkdtempSync(join(tmpdir(), 'loadstar-config-'));
afterAll(() => rmSync(cwd, { recursive: true }));

const placeOf = (cwd: string) => ({ cwd, root, project: findProject({ cwd, root, named_config: undefined }) });

function load(text: string) {
  writeFileSync(join(cwd, 'loadstar.config.ts'), text);
  return loadConfig(undefined, placeOf(cwd));
}

async function refusal(text: string): Promise<LoadstarError> {
  return await load(text).then(
    () => expect.unreachable('it was not refused'),
    (error: LoadstarError) => error,
  );
}

describe('loadstar.config.ts', () => {
  it('need not be there, but has to be where it is named', async () => {
    const none = placeOf(join(cwd, 'nowhere'));
    await expect(loadConfig(undefined, none)).resolves.toMatchObject({ config: {}, file: null });
    await expect(loadConfig('x.ts', none)).rejects.toMatchObject({
      exit_code: 2,
      found: expect.stringContaining('x.ts'),
    });
  });

  it('is TypeScript, imports `loadstar` and other files, and may use Node.js', async () => {
    writeFileSync(join(cwd, 'more.ts'), 'export const HOST: string = "staging.example.com";');
    const { config } = await load(`
      import { defineConfig } from '@loadstar-hq/loadstar';
      import { join } from 'node:path';
      import { HOST } from './more.ts';
      export default defineConfig({
        targets: { staging: { base_url: \`https://\${HOST}\`, allowed_hosts: [HOST], production: true, max_rate_rps: 20, max_duration_s: 60, token_from_env: 'T' } },
        scenarios_dir: join('a', 'b'),
        slos: { search: [{ indicator: 'p95_ms', limit: 100 }, { indicator: 'error_rate', limit: 0 }] },
        users: { env: 'USERS' },
        secrets: ['API_KEY'],
      });`);
    expect(config.targets?.staging).toMatchObject({ base_url: 'https://staging.example.com', production: true });
    expect(config.scenarios_dir).toBe('a/b');
  });

  it.each([
    ['a syntax error by line', 'export default {\n  a: [\n', 'loadstar.config.ts:3:1: '],
    ['a missing file by line', 'import "./nothing.ts";\nexport default {};', 'loadstar.config.ts:1:8: '],
    ['an exception by line', 'const x: any = 1;\n\nexport default { a: x.b.c };', 'loadstar.config.ts:3:25: '],
    ['no default export', 'export const x = {};', 'none'],
  ])('%s', async (_, text, found) => {
    const error = await refusal(text);
    expect(error.exit_code).toBe(2);
    expect(error.found).toContain(found);
    expect(`${error.found} ${error.next}`).not.toMatch(/\n\s+at /);
  });

  it.each([
    ["{ profiles: { evening: { users: 5, rate: '5/s' } } }", 'one of `users`, `rate` and `stages`', '', ''],
    ["{ profiles: { evening: { rate: 'fast' } } }", 'a rate above 0', '`fast`', ''],
    ['{ profiles: { smoke: { users: 5 } } }', 'another name', 'smoke', ''],
    ["{ targets: { a: { base_url: 'http://127.0.0.1', profile: 'evening' } } }", 'one of: smoke', '`evening`', ''],
    ['{ target: {} }', 'known fields', '`target`', 'targets, profiles, mixes, scenarios_dir'],
    [
      '{ targets: { a: { base_url: "x", allowed_host: [] } } }',
      '`targets.a`',
      '`targets.a.allowed_host`',
      'allowed_hosts',
    ],
    ['{ targets: { a: {} } }', '`targets.a.base_url` to be set', 'nothing'],
    ['{ targets: { a: { base_url: 7 } } }', '`targets.a.base_url` to be of type string', '`7`'],
    ['{ targets: { A: { base_url: "x" } } }', 'lowercase letters', '`A`'],
    ['{ targets: { "loadstar-demo": { base_url: "x" } } }', 'another name', '`loadstar-demo`'],
    ['{ targets: { a: { base_url: "x", profile: "heavy" } } }', '`targets.a.profile` to be one of: smoke', '`heavy`'],
    [
      '{ targets: { a: { base_url: "x", allowed_hosts: ["https://x"] } } }',
      'allowed_hosts[0]` to be a host name',
      'https://x',
    ],
    [
      '{ targets: { a: { base_url: "x", basic_auth_from_env: "A", token_from_env: "B" } } }',
      'one of basic_auth_from_env',
      '',
    ],
    ['{ slos: { search: [{ indicator: "p95", limit: 1 }] } }', '`slos.search[0].indicator`', '`p95`'],
    ['{ slos: { search: [{ indicator: "error_rate", limit: 5 }] } }', 'limit` to be a fraction', '`5`'],
    ['{ slos: { search: [{ indicator: "p95_ms", limit: -5 }] } }', 'limit` to be a number above 0', '`-5`'],
    ['{ slos: { search: [{ indicator: "p95_ms", limit: 0 }] } }', 'limit` to be a number above 0', '`0`'],
    ['{ slos: { search: [{ indicator: "checks_rate", limit: 0 }] } }', 'limit` to be a fraction above 0', '`0`'],
    ['{ users: {} }', '`users` to be either', 'an object'],
    ['{ secrets: ["K6_OUT"] }', '`secrets[0]`', ''],
    ['{ secrets: ["BASE_URL"] }', '`secrets[0]`', ''],
    ['[]', 'to be of type object', 'an array'],
  ])('refuses %s, naming the field', async (text, expected, found, next = '') => {
    const error = await refusal(`export default ${text} as any;`);
    expect(error.exit_code).toBe(2);
    expect(error.message).toContain(expected);
    expect(error.found).toContain(found);
    expect(error.next ?? '').toContain(next);
  });

  it('never repeats a value that may be a secret', async () => {
    for (const field of [
      'token_from_env: "hunter2"',
      'headers_from_env: { X: "hunter2" }',
      'environment: { X: "hunter2" }',
    ]) {
      const error = await refusal(`export default { targets: { a: { base_url: 'x', ${field} } } };`);
      expect(error.message).toContain('the name of an environment variable');
      expect(`${error.message} ${error.found} ${error.next}`).not.toContain('hunter2');
    }
  });
});
