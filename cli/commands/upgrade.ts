import { Command } from 'commander';
import { EXIT } from '../../contract/exit-codes.ts';
import type { CommandContext } from '../../lib/context.ts';
import { usageError } from '../../lib/errors.ts';
import type { UpgradeCheck } from '../../project/upgrade/check-upgrade.ts';
import type { CommandFactory } from './lib/command-factory.ts';

/** `loadstar upgrade --check`: whether there is a newer version, and what it asks for. */
export const upgradeCommand: CommandFactory = (context, report) =>
  new Command('upgrade')
    .description(
      'Compare the installed Loadstar with the newest one, and show what an upgrade changes. Changes nothing.',
    )
    .option('--check', 'ask the registry or the git repository that Loadstar was installed from')
    .option('--json', 'print the result as JSON')
    .action(async (flags: { check?: true; json?: true }) => {
      if (!flags.check) {
        const next = 'run `loadstar upgrade --check`: it prints the command that upgrades';
        throw usageError('--check', 'none: your package manager upgrades Loadstar', next);
      }
      const { checkUpgrade } = await import('../../project/upgrade/check-upgrade.ts');
      const check = await checkUpgrade(context);
      if (flags.json) context.print(JSON.stringify(check, null, 2));
      else showCheck(context, check);
      report(EXIT.passed);
    });

function showCheck({ ui }: CommandContext, check: UpgradeCheck): void {
  const { line } = ui.result;
  const { installed, newest, spec, is_newer, changes, command, needs_node } = check;
  line(`installed  ${installed}${spec && spec !== installed ? ` (${spec})` : ''}`);
  line(`newest     ${newest}`);
  if (needs_node) line(`Node.js    ${needs_node}`);
  if (!is_newer) {
    line('nothing to upgrade');
    return;
  }
  line();
  for (const { version, upgrade } of changes ?? []) {
    line(`to ${version}:${upgrade.length === 0 ? ' nothing to change' : ''}`);
    for (const point of upgrade) line(`  - ${point}`);
  }
  if (changes === null) line('what to change is not known: that version has no CHANGELOG.md');
  line();
  line(`upgrade: ${command}`);
}
