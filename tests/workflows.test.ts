import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCommand } from '../cli/lib/command.ts';
import { VERSIONS } from '../contract/versions.ts';
import { goTool } from './lib/go-tool.ts';
import { type Machine, machine, ROOT } from './lib/machine.ts';

let here: Machine;
let actionlint: string | null;
beforeAll(async () => {
  here = await machine();
  actionlint = await goTool(here, {
    name: 'actionlint',
    module: 'github.com/rhysd/actionlint',
    version: VERSIONS.actionlint,
    main: './cmd/actionlint',
  });
}, 600_000);
afterAll(() => here.dispose());

const directory = join(ROOT, '.github', 'workflows');

it.for(readdirSync(directory))('actionlint finds nothing in %s', async (file, { skip }) => {
  if (!actionlint) return skip('no Go to build actionlint');
  const result = await runCommand(actionlint, ['-no-color', join(directory, file)]);
  expect(result.ok, result.reason).toBe(true);
});
