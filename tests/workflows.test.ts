import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ENV } from '../contract/env.ts';
import { PACKAGE } from '../contract/package-name.ts';
import { VERSIONS } from '../contract/versions.ts';
import { runCommand } from '../lib/command.ts';
import { ciFile } from '../project/init/workflow.ts';
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
const readRoot = (name: string) => readFileSync(join(ROOT, name), 'utf8');
/** What others run, in their repositories. */
const texts = [...names.map(read), readRoot('action.yml')];

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
const action = parse(readRoot('action.yml')) as { inputs: object; runs: { steps: readonly Step[] } };

it.for(names)('actionlint finds nothing in %s', async (file, { skip }) => {
  if (!actionlint) return skip('no Go to build actionlint');
  const result = await runCommand(actionlint, ['-no-color', join(directory, file)]);
  expect(result.ok, result.reason).toBe(true);
});

/** Every call of ours in a text, as the words after the program. */
function calls(text: string): string[] {
  return [...text.matchAll(/"\$LOADSTAR" ([a-z][a-z-]*(?: [a-z][a-z-]*)*)(?=\s|$|')/gm)].map((match) => match[1] ?? '');
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
  const used = texts
    .flatMap((text) => [...text.matchAll(/\buses: (.*)/g)].map((match) => match[1] ?? ''))
    .filter((uses) => !uses.startsWith('./'));

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
  it('is called by other repositories, and never with the secrets of a fork', () => {
    expect(Object.keys(workflow.on)).toEqual(['workflow_call']);
    const taken = ['directory', 'scenario', 'profile', 'target', 'base_url', 'secrets', 'version', 'engine', 'runner'];
    expect(Object.keys(workflow.on.workflow_call?.inputs ?? {})).toEqual(expect.arrayContaining(taken));
    for (const text of texts) expect(text).not.toContain('pull_request_target');
  });

  it('has the callers of the demo, which give it no secret', () => {
    for (const [name, job] of [
      ['demo-load-test.yml', 'load-test'],
      ['demo-compare.yml', 'compare'],
    ] as const) {
      const caller = parse(read(name)) as { jobs: Record<string, { uses: string; with: object; secrets?: unknown }> };
      const called = parse(read(`${job}.yml`)) as Workflow;
      expect(caller.jobs[job]?.uses).toBe(`./.github/workflows/${job}.yml`);
      expect(caller.jobs[job]).not.toHaveProperty('secrets');
      const inputs = Object.keys(called.on.workflow_call?.inputs ?? {});
      expect(inputs).toEqual(expect.arrayContaining(Object.keys(caller.jobs[job]?.with ?? {})));
    }
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
    for (const { run = '', uses, ...step } of [...steps, ...action.runs.steps]) {
      expect(run).not.toMatch(/\$\{\{/);
      if (uses) expect(JSON.stringify(step)).not.toContain('secrets.');
    }
    // All secrets at once are for the one step that passes on those that are named.
    const with_all = steps.filter((step) => JSON.stringify(step).includes('toJSON(secrets)'));
    expect(with_all.map(({ name }) => name)).toEqual(['run the load test']);
    expect(with_all[0]?.run).toBe('"$LOADSTAR" ci run');
  });

  it('leaves no credentials in a checkout', () => {
    const checkouts = steps.filter(({ uses = '' }) => uses.startsWith('actions/checkout@'));
    expect(checkouts).toHaveLength(3);
    for (const step of checkouts) expect(step).toMatchObject({ with: { 'persist-credentials': false } });
  });

  it('keeps the history out of caches', () => {
    const text = read('load-test.yml');
    const cached = [...text.matchAll(/uses: actions\/cache\/\w+@.*\n\s+with:\n\s+path: (.*)/g)].map(
      (match) => match[1],
    );
    expect(cached).toEqual(['~/.cache/loadstar', '~/.cache/loadstar']);
  });

  it('sets only variables that exist, and names profiles that exist', () => {
    const own = ['PULL_REQUEST', 'NAME', 'TOP', 'PACKAGE', 'VERSION', 'GIT_TOKEN', 'NODE_AUTH_TOKEN'];
    const set = steps.flatMap(({ env }) => Object.keys(env ?? {}));
    expect(set.filter((name) => !(name in ENV) && !own.includes(name))).toEqual([]);
    // What the step decides by itself must not be one of Loadstar's own.
    expect(own.filter((name) => name in ENV)).toEqual([]);
    expect(JSON.stringify(steps)).toContain(`"PACKAGE":"${PACKAGE}"`);
  });

  it('calls what the command line has', async () => {
    const found = calls(steps.map(({ run = '' }) => run).join('\n'));
    expect(new Set(found)).toEqual(
      new Set(['ci plan', 'setup', 'ci restore', 'ci run', 'runs export', 'ci save', 'ci comment']),
    );
    for (const call of found) expect(await isKnown(call), call).toBe(true);
  });
});

describe('compare.yml', () => {
  const comparing_steps = Object.values(comparing.jobs).flatMap((job) => job.steps);

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
      // Tokens of private packages are for their installation alone.
      if (uses || step.name !== 'install Loadstar') expect(JSON.stringify(step)).not.toContain('secrets.');
    }
  });

  it('calls what the command line has', async () => {
    const found = calls(comparing_steps.map(({ run = '' }) => run).join('\n'));
    expect(new Set(found)).toEqual(new Set(['ci plan', 'setup', 'ab', 'ci comment']));
    for (const call of found) expect(await isKnown(call), call).toBe(true);
  });
});

describe('release.yml', () => {
  const { on, permissions, jobs } = parse(read('release.yml')) as Workflow & {
    jobs: Record<string, { needs?: string | string[] }>;
  };
  const its_steps = Object.values(jobs).flatMap((job) => job.steps);

  it('runs on tags of versions alone, and each job has the rights that it needs', () => {
    expect(on).toEqual({ push: { tags: ['v*.*.*'] } });
    expect(permissions).toEqual({});
    const signs = { 'id-token': 'write', attestations: 'write' };
    expect(Object.fromEntries(Object.entries(jobs).map(([name, job]) => [name, job.permissions]))).toEqual({
      check: { contents: 'read' },
      binaries: { contents: 'read', ...signs },
      images: { contents: 'read', packages: 'write' },
      'multi-architecture': { packages: 'write', ...signs },
      publish: { contents: 'write', ...signs },
    });
  });

  it('publishes when all else is there, and after the check', () => {
    expect(jobs.publish?.needs).toEqual(['check', 'binaries', 'multi-architecture']);
    for (const name of ['binaries', 'images', 'multi-architecture'])
      expect([jobs[name]?.needs].flat()).toContain('check');
  });

  it('calls the steps of tools/release.ts, and puts no expression into a script', () => {
    const runs = its_steps.map(({ run = '' }) => run);
    for (const run of runs) expect(run).not.toMatch(/\$\{\{/);
    const called = [...runs.join('\n').matchAll(/tools\/release\.ts (\S+)/g)].map(([, step]) => step);
    expect(called).toEqual(['check', 'binaries', 'assemble']);
    const tool = readRoot('tools/release.ts');
    for (const step of called) expect(tool).toMatch(new RegExp(`^  ${step}: \\(\\) =>`, 'm'));
  });

  it('builds an image of every Dockerfile', () => {
    const { strategy } = jobs.images as unknown as { strategy: { matrix: { image: string[] } } };
    const rooms = readdirSync(ROOT).filter((room) => existsSync(join(ROOT, room, 'Dockerfile')));
    expect(strategy.matrix.image.toSorted()).toEqual(rooms.toSorted());
  });
});

it.for([
  ['calls the workflow of Loadstar', { version: '0.2.0', repository: 'github:acme/loadstar' }],
  ['has the steps itself', { version: '0.2.0' }],
] as const)('actionlint finds nothing in what init writes, if it %s', async ([, loadstar], { skip }) => {
  if (!actionlint) return skip('no Go to build actionlint');
  const package_manager = { name: 'npm', install_locked: 'npm ci', exec: `npx --no-install ${PACKAGE}` } as const;
  const place = { repository: examples, directory: 'apps/web', package_manager, target: 'staging' };
  const file = join(examples, 'written-by-init.yml');
  writeFileSync(file, ciFile(place, loadstar).text);
  const result = await runCommand(actionlint, ['-no-color', file]);
  expect(result.ok, result.reason).toBe(true);
});

describe('docs/ci.md', () => {
  const page = readFileSync(join(ROOT, 'docs', 'ci.md'), 'utf8');
  const blocks = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');
  const blockWith = (text: string) => blocks.find((block) => block.includes(text)) ?? '';

  it.for([
    ['load-test.yml', 'load-test', workflow, { contents: 'write', 'pull-requests': 'write' }],
    ['compare.yml', 'compare', comparing, { contents: 'read', 'pull-requests': 'write' }],
  ] as const)(
    'has a caller of %s that actionlint finds nothing in, with inputs and secrets that exist',
    async ([name, job, called, rights], { skip }) => {
      const caller = blockWith(`workflows/${name}@`);
      const { jobs, permissions } = parse(caller) as {
        jobs: Record<string, { with: object; secrets: object | 'inherit' }>;
        permissions: object;
      };
      const { with: inputs = {}, secrets: given = {} } = jobs[job] ?? {};
      const secrets = given === 'inherit' ? {} : given;
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

  it('has a step of the action with inputs that exist, in a job that actionlint finds nothing in', async ({ skip }) => {
    const caller = blockWith('uses: acme/loadstar@');
    const { jobs } = parse(caller) as { jobs: Record<string, { steps: (Step & { with?: object })[] }> };
    const step = jobs['load-test']?.steps.find(({ uses = '' }) => uses.startsWith('acme/loadstar@'));
    expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(Object.keys(step?.with ?? { none: '' })));
    if (!actionlint) return skip('no Go to build actionlint');
    const file = join(examples, 'caller-of-action.yml');
    writeFileSync(file, caller);
    const result = await runCommand(actionlint, ['-no-color', file]);
    expect(result.ok, result.reason).toBe(true);
  });

  it('extends the template of GitLab, which calls and sets what exists', async () => {
    const template = readRoot('.gitlab/load-test.yml');
    const { '.loadstar': job } = parse(template) as {
      '.loadstar': { image: string; variables: Record<string, string> };
    };
    expect(Number(/golang:1\.(\d+)-/.exec(job.image)?.[1])).toBeGreaterThanOrEqual(
      Number(VERSIONS.go_min.split('.')[1]),
    );
    const own = ['DIRECTORY', 'VERSION', 'HISTORY', 'PACKAGE', 'TOP', 'GIT_TOKEN'];
    expect(Object.keys(job.variables).filter((name) => !(name in ENV))).toEqual(own);
    expect(job.variables.PACKAGE).toBe(PACKAGE);
    const found = calls(template);
    expect(new Set(found)).toEqual(new Set(['setup', 'ci restore', 'ci run', 'runs export', 'ci save']));
    for (const call of found) expect(await isKnown(call), call).toBe(true);
    const caller = parse(blockWith('extends: .loadstar')) as {
      include: { file: string }[];
      'load-test': { variables: object };
    };
    expect(existsSync(join(ROOT, caller.include[0]?.file ?? ''))).toBe(true);
    for (const name of Object.keys(caller['load-test'].variables))
      expect(name in ENV || name in job.variables, name).toBe(true);
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
