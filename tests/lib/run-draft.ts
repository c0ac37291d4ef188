import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll } from 'vitest';
import { k6BuildOptions } from '../../project/bundling.ts';
import { type Draft, listVariables } from '../../project/scaffold/draft.ts';
import { render } from '../../project/scaffold/render.ts';
import { findK6 } from '../../stack/binaries/k6.ts';
import { type Machine, machine, ROOT } from './machine.ts';

export interface DraftRun {
  /** Names of the checks that failed at least once. */
  readonly failed: readonly string[];
  readonly passed: number;
  /** Names of the secrets that it read. */
  readonly variables: readonly string[];
  readonly output: string;
}

/** A directory, and k6, for a file of tests that runs drafts. */
interface DraftBench {
  readonly directory: string;
  /** Known when the tests run. */
  k6: string;
}

/** Registers what a file of tests needs that runs drafts. @param name of the directory */
export function draftBench(name: string): DraftBench {
  const bench = { directory: mkdtempSync(join(tmpdir(), `loadstar-${name}-`)), k6: '' };
  let here: Machine;
  beforeAll(async () => {
    here = await machine();
    bench.k6 = (await findK6(here.context)).path;
  });
  afterAll(async () => {
    rmSync(bench.directory, { recursive: true });
    await here.dispose();
  });
  return bench;
}

/** Runs the scenario of a draft in k6 with one VU, without pauses. @param env values of its secrets; else any text */
export async function runDraft(
  draft: Draft,
  k6: string,
  base_url: string,
  env: Record<string, string> = {},
  iterations = 1,
): Promise<DraftRun> {
  const directory = mkdtempSync(join(tmpdir(), 'loadstar-draft-'));
  try {
    const scenario = join(directory, 'scenario.ts');
    writeFileSync(scenario, render(draft).replaceAll(/\bthink\([\d.]+\);/g, ''));
    const script = join(directory, 'script.js');
    const summary = join(directory, 'summary.json');
    const entry = `import scenario from ${JSON.stringify(scenario)};
      import { Client } from ${JSON.stringify(join(ROOT, 'k6', 'runtime', 'client.ts'))};
      export const options = { iterations: ${iterations}, vus: 1 };
      const client = new Client({ base_url: __ENV.BASE, allow_hosts: [], headers: {} });
      export default () => scenario.run({ client });`;
    await build({
      ...k6BuildOptions(ROOT),
      stdin: { contents: entry, resolveDir: ROOT, loader: 'ts' },
      format: 'esm',
      outfile: script,
    });
    const variables = listVariables(draft);
    const secrets = variables.map((name) => [name, env[name] ?? `value-of-${name}`]);
    const pairs = Object.entries({ BASE: base_url, ...Object.fromEntries(secrets) });
    const args = [
      'run',
      '--no-usage-report',
      '--quiet',
      '--summary-export',
      summary,
      ...pairs.flatMap(([name, value]) => ['-e', `${name}=${value}`]),
      script,
    ];
    const output = await call(k6, args, directory);
    const { root_group } = JSON.parse(readFileSync(summary, 'utf8')) as { root_group: Group };
    const checks = checksOf(root_group);
    return {
      failed: checks.filter(({ fails }) => fails > 0).map(({ name }) => name),
      passed: checks.filter(({ fails }) => fails === 0).length,
      variables,
      output,
    };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

interface Group {
  readonly checks: Readonly<Record<string, Check>>;
  readonly groups: Readonly<Record<string, Group>>;
}

function checksOf({ checks, groups }: Group): Check[] {
  return [...Object.values(checks), ...Object.values(groups).flatMap(checksOf)];
}

interface Check {
  readonly name: string;
  readonly fails: number;
}

async function call(k6: string, args: readonly string[], cwd: string): Promise<string> {
  const child = spawn(k6, args, {
    cwd,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, K6_AUTO_EXTENSION_RESOLUTION: 'false' },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (output += String(part)));
  await new Promise((resolve) => child.on('close', resolve));
  return output;
}
