import { Command } from 'commander';
import { BASELINE } from '../../contract/baselines.ts';
import { EXIT, type ExitCode } from '../../contract/exit-codes.ts';
import { RunChooser, WORDS } from '../../history/choose-runs.ts';
import { compareRuns } from '../../history/compare-runs.ts';
import type { CommandContext } from '../../lib/context.ts';
import { usageError } from '../../lib/errors.ts';
import { compareMarkdown, compareTable } from '../../report/terminal/compare.ts';
import { readyStack } from '../../runs/ready-stack.ts';
import { cliConnection } from '../../stack/engine/cli-connection.ts';
import type { CommandFactory } from './lib/command-factory.ts';

interface Flags {
  readonly scenario?: string;
  readonly profile?: string;
  readonly target?: string;
  readonly json?: true;
  readonly markdown?: true;
  readonly failOn?: string;
}

const FAIL_ON = 'regression';

/** `loadstar compare`: any two runs, or groups of them. */
export const compareCommand: CommandFactory = (context, report) =>
  new Command('compare')
    .description('Compare two runs, or groups of runs, by metric and by request, the worst first.')
    .argument('[before]', 'run ids, comma-separated; newest, previous or baseline', WORDS.baseline)
    .argument('[after]', 'likewise', WORDS.newest)
    .option('--scenario <name>', 'what newest, previous and baseline are of')
    .option('--profile <name>', 'likewise')
    .option('--target <name>', 'likewise')
    .option('--json', 'as JSON on stdout')
    .option('--markdown', 'as Markdown on stdout')
    .option('--fail-on <what>', `${FAIL_ON}: exit ${EXIT.regression} where something has regressed`)
    .action((before: string, after: string, flags: Flags) => compare(context, before, after, flags).then(report));

async function compare(context: CommandContext, before: string, after: string, flags: Flags): Promise<ExitCode> {
  const { scenario, profile, target, json, markdown, failOn } = flags;
  if (failOn !== undefined && failOn !== FAIL_ON) throw usageError(`--fail-on ${FAIL_ON}`, `\`${failOn}\``);
  if (json && markdown) throw usageError('--json or --markdown', 'both', 'choose one');
  const { influx } = await readyStack(context);
  const connection = cliConnection(influx);
  const filter = { ...(scenario ? { scenario } : {}), ...(profile ? { profile } : {}), ...(target ? { target } : {}) };
  const main_branch = context.environment.BASELINE_BRANCH ?? BASELINE.main_branch;
  const chooser = new RunChooser(connection, filter, main_branch);
  // `previous` and `baseline` refer to the other side: so that one has to be known first.
  const refers = after === WORDS.previous || after === WORDS.baseline;
  const first = await chooser.choose(refers ? before : after, null);
  const second = await chooser.choose(refers ? after : before, first);
  const compared = await compareRuns(connection, refers ? first : second, refers ? second : first);
  if (json) context.print(JSON.stringify(compared, null, 2));
  else if (markdown) context.print(compareMarkdown(compared));
  else context.print(compareTable(context.ui, compared));
  return failOn && compared.comparison.verdict === 'regressed' ? EXIT.regression : EXIT.passed;
}
