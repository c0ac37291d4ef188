/** The end of a run in Slack, or in the local inbox: told once, when it should be, and without a trace of the address. */
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { INBOX } from '../contract/alerting.ts';
import type { PortableRun } from '../contract/portable-runs.ts';
import type { RunSummary } from '../contract/results.ts';
import type { LoadstarResult } from './lib/loadstar-call.ts';
import { type Machine, machine } from './lib/machine.ts';

let here: Machine;
beforeAll(async () => {
  here = await machine();
});
afterAll(() => here.dispose());

const SLOW = ['--demo-fault', 'GET /api/search latency_ms=600'];
const search = (args: readonly string[], env: Record<string, string> = {}) =>
  here.loadstar(['run', 'search', '--duration', '4s', '--json', ...args], { env });
const summaryOf = ({ stdout, stderr }: LoadstarResult) => {
  expect(stdout, stderr).toContain('"testid"');
  return (JSON.parse(stdout) as [RunSummary])[0];
};

/** What the inbox holds of a run, as text. */
async function told({ testid }: RunSummary): Promise<string[]> {
  const answer = await fetch(`http://127.0.0.1:${here.env.INBOX_PORT}${INBOX.messages_path}`);
  const messages = (await answer.json()) as object[];
  return messages.map((message) => JSON.stringify(message)).filter((text) => text.includes(testid));
}

async function notified({ testid }: RunSummary): Promise<boolean | undefined> {
  const { stdout } = await here.loadstar(['runs', 'export']);
  const runs = stdout
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => JSON.parse(line) as PortableRun);
  return runs.find((run) => run.testid === testid)?.record.boolean?.notified;
}

describe('without a Slack', () => {
  it('a run that fails is told to the local inbox, once, verdict first, and its record says so', async () => {
    const run = await search(SLOW, { APP_COMMIT: '4f2c1d9', APP_BRANCH: 'fix/<slow>' });
    expect(run.code, run.stderr).toBe(99);
    expect(run.stderr).toContain(`notification sent to the local inbox, http://127.0.0.1:${here.env.INBOX_PORT}`);
    const summary = summaryOf(run);
    const [message, ...more] = await told(summary);
    expect(more).toEqual([]);
    expect(message).toMatch(/"body":\{"text":"\*FAILED\* loadstar: search \(smoke\) against demo/);
    expect(message).toMatch(/✗ p95: [\d.,]+ ms, limit ≤ 400 ms/);
    expect(message).toContain('`GET /api/search`: p95');
    expect(message).toContain('commit `4f2c1d9`');
    expect(message).toContain('branch `fix/&lt;slow&gt;`');
    expect(message).toContain(`results/${summary.testid}`);
    expect(await notified(summary)).toBe(true);
    const page = await (await fetch(`http://127.0.0.1:${here.env.INBOX_PORT}/`)).text();
    expect(page).toContain('<strong>FAILED</strong> loadstar: search (smoke) against demo');
    expect(page).toContain('<code>fix/&lt;slow&gt;</code>');
    const status = await here.loadstar(['status', '--json']);
    expect(status.stdout).toContain('"inbox"');
  });

  it('a run that passes is not told, unless always', async () => {
    const quiet = await search([]);
    expect(quiet.code, quiet.stderr).toBe(0);
    expect(await told(summaryOf(quiet))).toEqual([]);
    expect(await notified(summaryOf(quiet))).toBe(false);
    const always = await search(['--notify', 'always']);
    expect(await told(summaryOf(always))).toEqual([expect.stringContaining('*PASSED* loadstar: search')]);
  });

  it('never is never, and somebody who stops a run need not be told', async () => {
    const failed = await search([...SLOW, '--notify', 'never']);
    expect(failed.code).toBe(99);
    expect(await told(summaryOf(failed))).toEqual([]);
    const stopped = await here.loadstar(['run', 'search', '--duration', '60s', '--json', '--notify', 'always'], {
      onOutput: (text, kill) => {
        if (/ users?,/.test(text)) kill('SIGINT');
      },
    });
    expect(stopped.code, stopped.stderr).toBe(130);
    expect(await told(summaryOf(stopped))).toEqual([]);
  });
});

describe('with a webhook', () => {
  let slack: Server;
  let status = 200;
  const bodies: string[] = [];
  const url = () => `http://127.0.0.1:${(slack.address() as AddressInfo).port}/services/T0/hush-hush`;
  beforeAll(async () => {
    slack = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      bodies.push(body);
      response.writeHead(status).end(status === 200 ? 'ok' : 'no_service');
    });
    await new Promise<void>((listening) => slack.listen(0, '127.0.0.1', listening));
  });
  afterAll(() => new Promise((closed) => slack.close(closed)));

  it('each scenario of a call is one message, and none goes to the inbox', async () => {
    bodies.length = 0;
    const args = ['run', 'search', 'appointment-booking', '--duration', '4s', '--json', '--notify', 'always'];
    const env = { SLACK_WEBHOOK_URL: url(), RESULTS_URL: 'https://ci.example.com/1' };
    const run = await here.loadstar(args, { env });
    expect(run.code, run.stderr).toBe(0);
    expect(bodies).toHaveLength(2);
    const summaries = JSON.parse(run.stdout) as RunSummary[];
    for (const [index, summary] of summaries.entries()) expect(bodies[index]).toContain(summary.testid);
    expect(bodies[1]).toContain('<https://ci.example.com/1|Report>');
    expect(await told(summaries[0] as RunSummary)).toEqual([]);
    expect(run.stderr).not.toContain('hush-hush');
  });

  it('that is dead is tried four times, then said, and changes no verdict; the record takes the notice back', async () => {
    bodies.length = 0;
    status = 503;
    const run = await search(SLOW, { SLACK_WEBHOOK_URL: url() });
    expect(run.code, run.stderr).toBe(99);
    expect(bodies).toHaveLength(4);
    expect(run.stderr).toMatch(/warning:.*could not be notified of the end of the run: Slack answered 503: no_service/);
    const summary = summaryOf(run);
    expect(await notified(summary)).toBe(false);
    const directory = join(here.results_dir, summary.testid);
    const files = readdirSync(directory).map((file) => readFileSync(join(directory, file), 'utf8'));
    for (const text of [run.stderr, run.stdout, ...files]) expect(text).not.toContain('hush-hush');
  });

  it('or a time that makes no sense is refused before anything starts', async () => {
    const refused = await search([], { SLACK_WEBHOOK_URL: 'hooks.slack.com/services/hush-hush' });
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('expected SLACK_WEBHOOK_URL to be a URL');
    expect(refused.stderr).not.toContain('hush-hush');
    const sometimes = await search([], { NOTIFY: 'sometimes' });
    expect(sometimes.code).toBe(2);
    expect(sometimes.stderr).toContain('never, on-failure, always');
  });
});
