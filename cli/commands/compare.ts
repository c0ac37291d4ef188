import { Command } from 'commander';
import { BASELINE } from '../../contract/baselines.ts';
import { EXIT, type ExitCode } from '../../contract/exit-codes.ts';
import { RunChooser, WORDS } from '../../history/choose-runs.ts';
import { compareRuns } from '../../history/compare-runs.ts';
import type { CommandContext } from '../../lib/context.ts';
import { usageError } from '../../lib/errors.ts';
import { projectName } from '../../project/project-name.ts';
import { compareMarkdown, compareToTerminal } from '../../report/terminal/compare.ts';
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

/** `loadstar compare`: compares two runs, or two groups of runs. */
export const compareCommand: CommandFactory = (context, report) =>
  new Command('compare')
    .description('Compare two runs or groups of runs by metric and by request, worst changes first.')
    .argument('[before]', 'run ids, comma-separated, or newest, previous, baseline', WORDS.baseline)
    .argument('[after]', 'run ids, comma-separated, or newest, previous, baseline', WORDS.newest)
    .option('--scenario <name>', 'look for newest, previous and baseline in this scenario')
    .option('--profile <name>', 'look for newest, previous and baseline in this profile')
    .option('--target <name>', 'look for newest, previous and baseline in this target')
    .option('--json', 'print the comparison as JSON')
    .option('--markdown', 'print the comparison as Markdown')
    .option('--fail-on <what>', `${FAIL_ON}: exit with code ${EXIT.regression} if a metric has regressed`)
    .action((before: string, after: string, flags: Flags) => compare(context, before, after, flags).then(report));

async function compare(context: CommandContext, before: string, after: string, flags: Flags): Promise<ExitCode> {
  const { scenario, profile, target, json, markdown, failOn } = flags;
  if (failOn !== undefined && failOn !== FAIL_ON)
    throw usageError(`--fail-on to be ${FAIL_ON}`, `\`${failOn}\``, `--fail-on ${FAIL_ON}`);
  if (json && markdown) throw usageError('--json or --markdown', 'both', 'choose one of them');
  const { influx } = await readyStack(context);
  const connection = cliConnection(influx);
  const filter = { ...(scenario ? { scenario } : {}), ...(profile ? { profile } : {}), ...(target ? { target } : {}) };
  const main_branch = context.environment.BASELINE_BRANCH ?? BASELINE.main_branch;
  const chooser = new RunChooser(connection, await projectName(context), filter, main_branch);
  // `previous` and `baseline` refer to the other side, which therefore has to be known first.
  const refers = after === WORDS.previous || after === WORDS.baseline;
  const first = await chooser.choose(refers ? before : after, null);
  const second = await chooser.choose(refers ? after : before, first);
  const compared = await compareRuns(connection, refers ? first : second, refers ? second : first);
  if (json) context.print(JSON.stringify(compared, null, 2));
  else if (markdown) context.print(compareMarkdown(compared));
  else compareToTerminal(context.ui.result, compared);
  return failOn && compared.comparison.verdict === 'regressed' ? EXIT.regression : EXIT.passed;
}
