import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ENV } from '../contract/env.ts';
import { PROFILES } from '../contract/profiles.ts';
import { VERSIONS } from '../contract/versions.ts';
import { runCommand } from '../lib/command.ts';
import { goTool } from './lib/go-tool.ts';
import { type Machine, machine, ROOT } from './lib/machine.ts';

let here: Machine;
let actionlint: string | null;
const examples = mkdtempSync(join(tmpdir(), 'loadstar-workflows-'));
beforeAll(async () => {
  here = await machine();
  actionlint = await goTool(here, {
    name: 'actionlint',
    module: 'github.com/rhysd/actionlint',
    version: VERSIONS.actionlint,
    main: './cmd/actionlint',
  });
}, 600_000);
afterAll(async () => {
  rmSync(examples, { recursive: true });
  await here.dispose();
});

const directory = join(ROOT, '.github', 'workflows');
const read = (name: string) => readFileSync(join(directory, name), 'utf8');
const names = readdirSync(directory);

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}

interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
  readonly if?: string;
}

interface Workflow {
  readonly on: Readonly<
    Record<string, Readonly<Record<string, Readonly<Record<string, { default?: string }>>>> | null>
  >;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const workflow = parse(read('load-test.yml')) as Workflow;
const comparing = parse(read('compare.yml')) as Workflow;
const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);

it.for(names)('actionlint finds nothing in %s', async (file, { skip }) => {
  if (!actionlint) return skip('no Go to build actionlint');
  const result = await runCommand(actionlint, ['-no-color', join(directory, file)]);
  expect(result.ok, result.reason).toBe(true);
});

/** Every call of ours in a text, as the words after `loadstar`. */
function calls(text: string): string[] {
  return [
    ...text.matchAll(/npx (?:--no-install )?@loadstar-hq\/loadstar ([a-z][a-z-]*(?: [a-z][a-z-]*)*)(?=\s|$)/g),
  ].map((match) => (match[1] ?? '').trim());
}

/** Whether the command line knows it: `ci save` and not `ci sav`. */
async function isKnown(call: string): Promise<boolean> {
  const words = call.split(' ');
  const group = words[0] === 'ci' || words[0] === 'runs' ? words.slice(0, 2) : words.slice(0, 1);
  const { code, stdout } = await here.loadstar([...group, '--help']);
  return code === 0 && stdout.includes(`loadstar ${group.join(' ')}`);
}

/** A tag moves where its owner wants it; a commit does not. The release beside it is what people and update tools read. */
const PINNED = /^actions\/(?<action>[a-z-]+)(?:\/[a-z]+)?@(?<commit>[0-9a-f]{40} # v\d+\.\d+\.\d+)$/;

describe('actions', () => {
  const used = names.flatMap((name) => [...read(name).matchAll(/\buses: (.*)/g)].map((match) => match[1] ?? ''));

  it('are those of GitHub alone, pinned to a commit with its release beside it', () => {
    expect(used.length).toBeGreaterThan(names.length);
    expect(used.filter((uses) => !PINNED.test(uses))).toEqual([]);
  });

  it('have one version each in all workflows', () => {
    const pins = new Set(used.map((uses) => uses.replace(PINNED, '$<action> $<commit>')));
    const actions = new Set(used.map((uses) => PINNED.exec(uses)?.groups?.action));
    expect([...pins].sort()).toHaveLength(actions.size);
  });
});

describe('load-test.yml', () => {
  it('runs weekly, by hand, on pull requests and when called, and never with the secrets of a fork', () => {
    expect(workflow.on.schedule).toEqual([{ cron: '0 2 * * 0' }]);
    expect(Object.keys(workflow.on.workflow_dispatch?.inputs ?? {})).toEqual(['scenario', 'profile', 'target']);
    expect(Object.keys(workflow.on.workflow_call?.inputs ?? {})).toEqual(
      expect.arrayContaining(['scenario', 'profile', 'target', 'app_version', 'app_commit', 'app_branch']),
    );
    expect(workflow.on).toHaveProperty('pull_request');
    for (const name of names) expect(read(name)).not.toContain('pull_request_target');
  });

  it('writes nowhere but where it must: the history and the comment, each from a job of its own', () => {
    expect(workflow.permissions).toEqual({});
    const rights = Object.fromEntries(Object.entries(workflow.jobs).map(([name, job]) => [name, job.permissions]));
    expect(rights).toEqual({
      'load-test': { contents: 'read' },
      history: { contents: 'write' },
      comment: { contents: 'read', 'pull-requests': 'write' },
    });
    for (const name of ['history', 'comment']) expect(workflow.jobs[name]?.if).toContain('pull_request');
  });

  it('gives secrets to steps through the environment alone, and to no action', () => {
    for (const { run = '', uses, ...step } of steps) {
      expect(run).not.toMatch(/\$\{\{/);
      if (uses && !uses.startsWith('actions/checkout@')) expect(JSON.stringify(step)).not.toContain('secrets.');
    }
  });

  it('keeps the history out of caches', () => {
    const text = read('load-test.yml');
    const cached = [...text.matchAll(/uses: actions\/cache\/\w+@.*\n\s+with:\n\s+path: (.*)/g)].map(
      (match) => match[1],
    );
    expect(cached).toEqual(['~/.cache/loadstar', '~/.cache/loadstar']);
  });

  it('sets only variables that exist, and names profiles that exist', () => {
    const own = ['TARGET_URL', 'PULL_REQUEST'];
    const set = steps.flatMap(({ env }) => Object.keys(env ?? {}));
    expect(set.filter((name) => !(name in ENV) && !own.includes(name))).toEqual([]);
    // What the step decides by itself must not be one of Loadstar's own.
    expect(own.filter((name) => name in ENV)).toEqual([]);
    for (const trigger of ['workflow_dispatch', 'workflow_call']) {
      expect(PROFILES).toHaveProperty(workflow.on[trigger]?.inputs?.profile?.default ?? '');
    }
    expect(read('load-test.yml')).toContain("'load') || 'smoke'");
  });

  it('calls what the command line has', async () => {
    const found = calls(steps.map(({ run = '' }) => run).join('\n'));
    expect(new Set(found)).toEqual(new Set(['setup', 'ci restore', 'run', 'runs export', 'ci save', 'ci comment']));
    for (const call of found) expect(await isKnown(call), call).toBe(true);
  });
});

describe('compare.yml', () => {
  const comparing_steps = Object.values(comparing.jobs).flatMap((job) => job.steps);
  const script = (name: string) => comparing_steps.find((step) => step.name === name)?.run ?? '';

  it('compares where nothing may be written, and comments from another job, for no fork', () => {
    expect(comparing.permissions).toEqual({});
    const rights = Object.fromEntries(Object.entries(comparing.jobs).map(([name, job]) => [name, job.permissions]));
    expect(rights).toEqual({
      compare: { contents: 'read' },
      comment: { contents: 'read', 'pull-requests': 'write' },
    });
    expect(comparing.jobs.comment?.if).toContain('head.repo.full_name == github.repository');
    for (const { run = '', uses, ...step } of comparing_steps) {
      expect(run).not.toMatch(/\$\{\{/);
      if (!uses?.startsWith('actions/checkout@')) expect(JSON.stringify(step)).not.toContain('secrets.');
    }
  });

  it('calls what the command line has', async () => {
    const found = calls(comparing_steps.map(({ run = '' }) => run).join('\n'));
    expect(new Set(found)).toEqual(new Set(['setup', 'ab', 'ci comment']));
    for (const call of found) expect(await isKnown(call), call).toBe(true);
  });

  it('builds and compares both sides of a merge, for real, and every output says what it found', async () => {
    const job = mkdtempSync(join(tmpdir(), 'loadstar-compare-'));
    const head = join(job, 'builds', 'head');
    const bin = join(job, 'bin');
    mkdirSync(head, { recursive: true });
    mkdirSync(bin);
    writeFileSync(join(bin, 'npx'), `#!/bin/sh\nshift 2\nexec "${process.execPath}" "${ROOT}/cli/loadstar.js" "$@"\n`, {
      mode: 0o755,
    });
    const summary_file = join(job, 'summary.md');
    const env = {
      ...here.env,
      PATH: `${bin}:${here.env.PATH}`,
      GITHUB_STEP_SUMMARY: summary_file,
      BUILD: 'cat slower.txt > "$SIDE.built"',
      // The faults of each build are part of its sources.
      START: `test -f "$SIDE.built" && arguments=$(cat slower.txt) && cd '${ROOT}' && eval "exec node --import tsx demo/bin.ts --port $PORT $arguments"`,
      WHICH: 'appointment-booking',
      AB_PROFILE: comparing.on.workflow_call?.inputs?.profile?.default ?? '',
      BUDGET: '96s',
      HEAD_COMMIT: '4f2c1d9',
    };
    const bash = async (text: string) => {
      const done = await runCommand('bash', ['-e', '-c', text], { cwd: job, env, timeout_ms: 280_000 });
      return { ...done, text: `${done.stdout}${done.reason}` };
    };
    const commit = 'git -c user.name=ada -c user.email=ada@example.com commit --quiet -a -m change';
    const setup = await bash(`cd builds/head; git init --quiet; touch slower.txt; git add .; ${commit}
      echo "--fault 'POST /api/auth/login latency_ms=60'" > slower.txt; ${commit}`);
    expect(setup.ok, setup.text).toBe(true);
    for (const name of ['check out base', 'build base and head']) {
      const done = await bash(script(name));
      expect(done.ok, done.text).toBe(true);
    }
    expect(readFileSync(join(job, 'builds', 'base', 'base.built'), 'utf8')).toBe('');
    expect(readFileSync(join(head, 'head.built'), 'utf8')).toContain('--fault');

    // Shorter than a job would have it.
    const compared = await bash(script('compare base and head').replace('loadstar ab', 'loadstar ab --block 2s'));
    expect(compared.ok, compared.text).toBe(false);
    expect(compared.text).toMatch(/verdict +REGRESSED.*POST \/api\/auth\/login/);
    const comment = (await here.loadstar(['ci', 'comment', '--pull-request', '1', '--print'])).stdout;
    for (const text of [comment, readFileSync(summary_file, 'utf8')]) {
      expect(text).toMatch(/^\| ✗ \| `POST \/api\/auth\/login` \|.*\*\*regressed\*\* \|$/m);
    }
    expect(comment).toContain('1 of 1 scenario failed');
    const [head_run = ''] = readdirSync(here.results_dir).filter(
      (name) =>
        existsSync(join(here.results_dir, name, 'summary.md')) &&
        readFileSync(join(here.results_dir, name, 'summary.md'), 'utf8').includes('REGRESSED'),
    );
    const page = readFileSync(join(here.results_dir, head_run, 'report.html'), 'utf8');
    expect(page).toContain('data-chart="ab-change"');
    expect(page).toContain('POST /api/auth/login (regressed)</option>');
    rmSync(job, { recursive: true });
  }, 300_000);
});

describe('docs/ci.md', () => {
  const page = readFileSync(join(ROOT, 'docs', 'ci.md'), 'utf8');
  const blocks = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');
  const blockWith = (text: string) => blocks.find((block) => block.includes(text)) ?? '';
  const gitlab = blockWith('image: golang');

  it.for([
    ['load-test.yml', 'load-test', workflow, { contents: 'write', 'pull-requests': 'write' }],
    ['compare.yml', 'compare', comparing, { contents: 'read', 'pull-requests': 'write' }],
  ] as const)(
    'has a caller of %s that actionlint finds nothing in, with inputs and secrets that exist',
    async ([name, job, called, rights], { skip }) => {
      const caller = blockWith(`workflows/${name}@`);
      const { jobs, permissions } = parse(caller) as {
        jobs: Record<string, { with: object; secrets: object }>;
        permissions: object;
      };
      const { with: inputs = {}, secrets = {} } = jobs[job] ?? {};
      expect(Object.keys(called.on.workflow_call?.inputs ?? {})).toEqual(expect.arrayContaining(Object.keys(inputs)));
      expect(Object.keys(called.on.workflow_call?.secrets ?? {})).toEqual(expect.arrayContaining(Object.keys(secrets)));
      // A called job may ask for no more than its caller has.
      expect(permissions).toEqual(rights);
      if (!actionlint) return skip('no Go to build actionlint');
      const file = join(examples, `caller-of-${name}`);
      writeFileSync(file, caller);
      const result = await runCommand(actionlint, ['-no-color', file]);
      expect(result.ok, result.reason).toBe(true);
    },
  );

  it('has a job for GitLab that is YAML, and calls and sets what exists', async () => {
    const { 'load-test': job } = parse(gitlab) as {
      'load-test': { image: string; variables: Record<string, string>; cache: { key: { files: string[] } } };
    };
    expect(Number(/golang:1\.(\d+)-/.exec(job.image)?.[1])).toBeGreaterThanOrEqual(
      Number(VERSIONS.go_min.split('.')[1]),
    );
    expect(Object.keys(job.variables).filter((name) => !(name in ENV))).toEqual(['HISTORY']);
    for (const file of job.cache.key.files) expect(existsSync(join(ROOT, file)), file).toBe(true);
    const found = calls(gitlab);
    expect(found.length).toBeGreaterThan(3);
    for (const call of found) expect(await isKnown(call), call).toBe(true);
  });

  it('names secrets and variables that the workflow takes', () => {
    const text = read('load-test.yml');
    const named = [...page.matchAll(/^\| (?:secret|variable) \| (.*?) \|/gm)].flatMap((match) =>
      [...(match[1] ?? '').matchAll(/`([A-Z_]+)`/g)].map((name) => name[1] ?? ''),
    );
    expect(named.length).toBeGreaterThan(8);
    for (const name of named) expect(text, name).toMatch(new RegExp(`(secrets|vars)\\.${name}\\b`));
  });
});
