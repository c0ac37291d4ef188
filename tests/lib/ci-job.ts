/** Runs the jobs of a workflow, or the steps of an action, as scripts: shell steps for real, actions of GitHub by their effect. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { runCommand } from '../../lib/command.ts';
import { applies, type Contexts, interpolate, type Status } from './ci-expressions.ts';

export interface Step {
  readonly id?: string;
  readonly name?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly run?: string;
  readonly shell?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly 'working-directory'?: string;
  readonly 'continue-on-error'?: boolean;
}

export interface Job {
  readonly if?: string;
  readonly needs?: string;
  readonly uses?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly outputs?: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
}

/** What a run of a workflow is given. */
export interface CiRun {
  /** Repository whose newest commit the jobs check out. */
  readonly repository: string;
  /** `github`, `inputs`, `secrets` and `vars`, as expressions read them. */
  readonly contexts: Contexts;
  /** The whole environment of the runner. */
  readonly env: Readonly<Record<string, string>>;
  /** Keeps artifacts, so that later jobs find them. */
  readonly directory: string;
  readonly timeout_ms: number;
}

export interface JobResult {
  readonly result: Status | 'skipped';
  readonly outputs: Readonly<Record<string, string>>;
  /** What all steps printed. */
  readonly log: string;
  /** Names, or actions, of the steps that ran. */
  readonly ran: readonly string[];
  /** The workspace: checkout, results, state. */
  readonly workspace: string;
}

interface State {
  status: Status;
  readonly steps: Record<string, { outcome: string; outputs: Record<string, string> }>;
  readonly env: Record<string, string>;
  readonly ran: string[];
  log: string;
}

/** @param needs results of earlier jobs by their names */
export async function runJob(
  job: Job,
  run: CiRun,
  needs: Readonly<Record<string, JobResult>> = {},
): Promise<JobResult> {
  const contexts = { ...run.contexts, needs };
  const failed = Object.values(needs).some(({ result }) => result !== 'success');
  const workspace = join(mkdtempSync(join(run.directory, 'job-')), 'workspace');
  const skipped = { result: 'skipped', outputs: {}, log: '', ran: [], workspace } as const;
  if (!applies(job.if, contexts, failed ? 'failure' : 'success')) return skipped;
  mkdirSync(workspace);
  const env = interpolated(job.env ?? {}, contexts);
  const state: State = { status: 'success', steps: {}, env, ran: [], log: '' };
  await runSteps(job.steps, { ...run, contexts }, workspace, state);
  const outputs = interpolated(job.outputs ?? {}, stepContexts(run, contexts, workspace, state));
  return { result: state.status, outputs, log: state.log, ran: state.ran, workspace };
}

async function runSteps(steps: readonly Step[], run: CiRun, workspace: string, state: State): Promise<void> {
  for (const [index, step] of steps.entries()) {
    const contexts = stepContexts(run, run.contexts, workspace, state);
    const id = step.id ?? `step-${index}`;
    state.steps[id] = { outcome: 'skipped', outputs: {} };
    if (!applies(step.if, contexts, state.status)) continue;
    state.ran.push(step.name ?? step.uses?.split('@')[0] ?? id);
    const { ok, log, outputs } = step.uses
      ? await useAction(step, run, workspace, contexts)
      : await runScript(step, run, workspace, contexts, state);
    state.log += log;
    state.steps[id] = { outcome: ok ? 'success' : 'failure', outputs };
    if (!ok && !step['continue-on-error']) state.status = 'failure';
  }
}

function stepContexts(run: CiRun, contexts: Contexts, workspace: string, { steps, env }: State): Contexts {
  const { github } = run.contexts as { readonly github: object };
  return { ...contexts, github: { ...github, workspace }, steps, env, runner: { os: 'Linux', arch: 'X64' } };
}

function interpolated(values: Readonly<Record<string, string>>, contexts: Contexts): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, interpolate(`${value}`, contexts)]));
}

interface StepResult {
  readonly ok: boolean;
  readonly log: string;
  readonly outputs: Record<string, string>;
}

async function runScript(
  step: Step,
  { env, contexts: given, timeout_ms }: CiRun,
  workspace: string,
  contexts: Contexts,
  state: State,
): Promise<StepResult> {
  const files = mkdtempSync(join(tmpdir(), 'loadstar-step-'));
  const file = (name: string) => join(files, name);
  for (const name of ['output', 'env']) writeFileSync(file(name), '');
  const { event_name, repository, server_url, api_url } = (given as { github: Record<string, string> }).github;
  const whole = {
    ...env,
    ...state.env,
    ...interpolated(step.env ?? {}, contexts),
    GITHUB_OUTPUT: file('output'),
    GITHUB_ENV: file('env'),
    GITHUB_WORKSPACE: workspace,
    GITHUB_STEP_SUMMARY: join(dirname(workspace), 'summary.md'),
    GITHUB_EVENT_NAME: event_name ?? '',
    GITHUB_REPOSITORY: repository ?? '',
    GITHUB_SERVER_URL: server_url ?? '',
    GITHUB_API_URL: api_url ?? '',
  };
  // As https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstepsshell has it.
  const options = step.shell === 'bash' ? ['--noprofile', '--norc', '-eo', 'pipefail', '-c'] : ['-e', '-c'];
  const cwd = resolve(workspace, interpolate(step['working-directory'] ?? '.', contexts));
  const done = await runCommand('bash', [...options, interpolate(step.run ?? '', contexts)], {
    ...{ cwd, env: whole, timeout_ms },
    onLine: (line) => {
      state.log += `${line}\n`;
    },
  });
  const outputs = readPairs(file('output'));
  Object.assign(state.env, readPairs(file('env')));
  rmSync(files, { recursive: true });
  return { ok: done.ok, log: done.ok ? '' : `${done.reason}\n`, outputs };
}

function readPairs(file: string): Record<string, string> {
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

/** The effect of GitHub's own actions here, where Node.js, Go and the cache of binaries are there already. */
async function useAction(step: Step, run: CiRun, workspace: string, contexts: Contexts): Promise<StepResult> {
  const inputs = interpolated((step.with ?? {}) as Record<string, string>, contexts);
  const [action = ''] = (step.uses ?? '').split('@');
  const artifact = join(run.directory, 'artifacts', inputs.name ?? '');
  const path = resolve(workspace, inputs.path ?? '.');
  const succeeded = { ok: true, log: '', outputs: {} };
  switch (action) {
    case 'actions/checkout': {
      const depth = inputs['fetch-depth'] ?? '1';
      const done = await runCommand('git', [
        'clone',
        '--quiet',
        '--depth',
        depth,
        `file://${run.repository}`,
        workspace,
      ]);
      return { ok: done.ok, log: done.reason, outputs: {} };
    }
    case 'actions/setup-node':
    case 'actions/setup-go':
    case 'actions/cache/save':
      return succeeded;
    case 'actions/cache/restore':
      return { ...succeeded, outputs: { 'cache-hit': 'true', 'cache-primary-key': inputs.key ?? '' } };
    case 'actions/upload-artifact':
      // A pattern is of logs, which nobody downloads in a job.
      if (path.includes('*')) return succeeded;
      if (!existsSync(path)) return { ...succeeded, ok: inputs['if-no-files-found'] !== 'error' };
      cpSync(path, path.endsWith('.jsonl') ? join(artifact, 'history.jsonl') : artifact, { recursive: true });
      return succeeded;
    case 'actions/download-artifact':
      if (!existsSync(artifact)) return { ...succeeded, ok: false };
      cpSync(artifact, path, { recursive: true });
      return succeeded;
    default:
      throw new Error(`expected an action of GitHub that this runner knows; found ${action}`);
  }
}
