/**
 * Commands, options, variables, fields and exit codes that the newest release has, in fixtures/released-names.json. A release writes the
 * file again: RELEASE=1 npx vitest run --project unit cli/released-names.test.ts
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { expect, it } from 'vitest';
import { ENV } from '../contract/env.ts';
import { EXIT } from '../contract/exit-codes.ts';
import { commandContext } from '../lib/context.ts';
import { CONFIG } from '../project/schema.ts';
import { sections, upgradeLines } from '../project/upgrade/changelog.ts';
import { COMMANDS } from './main.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const FILE = fileURLToPath(new URL('fixtures/released-names.json', import.meta.url));

/** `run`, `run --target`, `runs export`. */
function namesOf(command: Command, above = ''): string[] {
  const name = `${above}${command.name()}`;
  const options = command.options.flatMap(({ long, hidden }) => (long && !hidden ? `${name} ${long}` : []));
  return [name, ...options, ...command.commands.flatMap((it) => namesOf(it, `${name} `))];
}

function currentNames(): string[] {
  const stream = { write: () => true };
  const never = new AbortController().signal;
  const processContext = { args: [], env: {}, cwd: ROOT, root: ROOT, node_path: '', stop: never, force: never };
  const context = commandContext({ ...processContext, stdout: stream, stderr: stream });
  return [
    ...COMMANDS.flatMap((create) => namesOf(create(context, () => undefined))),
    ...Object.keys(ENV),
    ...Object.keys(CONFIG.shape),
    ...Object.values(EXIT).map((code) => `exit code ${code}`),
  ].sort();
}

it('has all names of the newest release, or CHANGELOG.md says what to change', () => {
  if (process.env.RELEASE) writeFileSync(FILE, `${JSON.stringify(currentNames(), null, 2)}\n`);
  const released = JSON.parse(readFileSync(FILE, 'utf8')) as string[];
  expect(released.length).toBeGreaterThan(200);
  const [newest] = sections(readFileSync(`${ROOT}/CHANGELOG.md`, 'utf8'), '## ');
  const upgrade = upgradeLines(newest?.body ?? '').join('\n');
  const now = new Set(currentNames());
  // The section "Upgrade" of the newest version names what is gone: `run --with-auth` by `--with-auth`.
  const gone = released.filter((name) => !now.has(name) && !upgrade.includes(name.split(' ').at(-1) ?? name));
  expect(gone).toEqual([]);
});
