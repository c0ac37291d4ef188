/** A client of the Model Context Protocol reads runs and starts them, within the brakes that a person has set. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Machine, machine, ROOT } from './lib/machine.ts';

const CONFIG = `export default {
  targets: { prod: { base_url: 'https://shop.example.com', allowed_hosts: ['shop.example.com'], production: true,
    max_rate_rps: 50, max_duration_s: 300 } },
};`;
const RUN_TIMEOUT_MS = 90_000;

let here: Machine;
let team: string;
const open: Client[] = [];

beforeAll(async () => {
  team = mkdtempSync(join(tmpdir(), 'loadstar-mcp-'));
  writeFileSync(join(team, 'loadstar.config.ts'), CONFIG);
  here = await machine({ NOTIFY: 'never', LOADSTAR_CONFIG: join(team, 'loadstar.config.ts') });
});
afterAll(async () => {
  for (const client of open) await client.close();
  await here.dispose();
  rmSync(team, { recursive: true });
});

async function connect(args: readonly string[], env: Record<string, string> = {}): Promise<Client> {
  const client = new Client({ name: 'test', version: '1.0.0' });
  const command = { command: process.execPath, args: [join(ROOT, 'cli', 'loadstar.js'), 'mcp', ...args] };
  await client.connect(
    new StdioClientTransport({ ...command, env: { ...here.env, ...env }, cwd: ROOT, stderr: 'ignore' }),
  );
  open.push(client);
  return client;
}

async function call(client: Client, name: string, args: Record<string, unknown> = {}) {
  const { content, isError = false } = await client.callTool({ name, arguments: args }, { timeout: RUN_TIMEOUT_MS });
  const [first] = content;
  return { text: first?.type === 'text' ? first.text : '', isError };
}

describe('a client', () => {
  let client: Client;
  beforeAll(async () => {
    // What a person has confirmed in advance is not confirmed for a program.
    client = await connect(['--allow-run', '--max-rate', '40', '--max-duration', '12s'], {
      CONFIRM_PRODUCTION: 'prod',
    });
  });

  it('is told what there is', async () => {
    const listed = JSON.parse((await call(client, 'list')).text);
    expect(listed.targets).toEqual([expect.objectContaining({ name: 'prod', is_production: true })]);
    expect(listed.scenarios.map(({ name }: { name: string }) => name)).toContain('search');
  });

  it(
    'runs a test, within its budget, and is told why it has its verdict',
    async () => {
      expect(await call(client, 'start_run', { scenario: 'search', duration: '6s' })).toMatchObject({ isError: false });
      expect((await call(client, 'start_run', { scenario: 'search' })).isError).toBe(true);
      const [text] = [(await call(client, 'run_result')).text];
      expect(text).toContain('Exit code 0: passed');
      expect(text).toMatch(/\b[3-6] s of load are left/);

      const [run] = JSON.parse((await call(client, 'list_runs', { scenario: 'search' })).text);
      expect(run).toMatchObject({ scenario: 'search', status: 'passed', target: 'demo' });
      expect(text).toContain(run.run);
      expect((await call(client, 'explain_verdict', { run: run.run })).text).toContain('GET /api/search');
      const series = JSON.parse((await call(client, 'read_series', { run: run.run })).text);
      expect(series.steps[0]).toMatchObject({ p95_ms: expect.any(Number), throughput_rps: expect.any(Number) });
      expect((await call(client, 'compare_runs', { before: run.run, after: run.run })).text).toContain('p95');
    },
    2 * RUN_TIMEOUT_MS,
  );

  it.each([
    ['a production target, also one that was confirmed in advance', { scenario: 'search', target: 'prod' }, 'prod'],
    ['more time than is left', { scenario: 'search', duration: '60s' }, 'of load for this call'],
    ['more than the rate', { scenario: 'search', profile: 'spike', duration: '3s' }, '40 requests/s for this call'],
    ['an unknown scenario', { scenario: '--allow-host=example.com' }, 'a scenario'],
  ])('is refused %s', async (_, args, reason) => {
    await call(client, 'start_run', args);
    const { text } = await call(client, 'run_result');
    expect(text).toContain('Exit code 2');
    expect(text).toContain(reason);
  });

  it('is told of a run that does not exist', async () => {
    const { text, isError } = await call(client, 'read_series', { run: '20260101T000000Z-search-smoke-aaaa' });
    expect([isError, text]).toEqual([true, expect.stringContaining('next: list_runs lists them')]);
  });
});

it('without --allow-run can only read', async () => {
  const { tools } = await (await connect([])).listTools();
  expect(tools.every(({ annotations }) => annotations?.readOnlyHint === true)).toBe(true);
  expect(tools.map(({ name }) => name)).not.toContain('start_run');
});

it('is not served runs without a budget', async () => {
  const { code, stderr } = await here.loadstar(['mcp', '--allow-run', '--max-rate', '5']);
  expect([code, stderr]).toEqual([2, expect.stringContaining('--max-duration')]);
});
