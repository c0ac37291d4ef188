import { rm } from 'node:fs/promises';
import { Command } from 'commander';
import { EXIT, type ExitCode } from '../../contract/exit-codes.ts';
import { bytesText, count } from '../../contract/format.ts';
import { BaselineStore } from '../../influxdb/baselines.ts';
import type { InfluxConnection } from '../../influxdb/connection.ts';
import { parseAge_s } from '../../lib/age.ts';
import { requireConfirmation } from '../../lib/confirm.ts';
import type { CommandContext } from '../../lib/context.ts';
import { usageError } from '../../lib/errors.ts';
import { projectName } from '../../project/project-name.ts';
import { writeIndexPage } from '../../report/pages/write.ts';
import { type PrunePlan, planPrune } from '../../runs/housekeeping/prune.ts';
import { readyStack } from '../../runs/ready-stack.ts';
import { cliConnection } from '../../stack/engine/cli-connection.ts';
import { engineContext } from '../../stack/engine/engine-context.ts';
import { RunRegistry } from '../../stack/state/run-registry.ts';
import type { CommandFactory } from './lib/command-factory.ts';

interface Flags {
  readonly keep?: string;
  readonly olderThan?: string;
  readonly dryRun?: true;
  readonly yes?: true;
}

/** `loadstar prune`: deletes the files of old runs in results/. */
export const pruneCommand: CommandFactory = (context, report) =>
  new Command('prune')
    .description('Delete the files of old runs in results/. Baselines and the records in InfluxDB are kept.')
    .option('--keep <n>', 'keep the newest n runs')
    .option('--older-than <age>', 'delete only runs older than this, such as 30d, 12h or 2w; combines with --keep')
    .option('--dry-run', 'show what would be deleted without deleting it')
    .option('--yes', 'do not ask for confirmation')
    .action((flags: Flags) => prune(context, flags).then(report));

async function prune(context: CommandContext, flags: Flags): Promise<ExitCode> {
  const { keep, older_than_s } = pruneLimits(flags);
  const { ui } = context;
  const { results_dir } = context;
  // Only InfluxDB knows the baselines. Without it nothing may be deleted.
  const { influx } = await readyStack(context);
  const connection = cliConnection(influx);
  const sacred = new Set([...(await pinnedBaselines(connection)), ...(await runsInProgress(context))]);
  const plan = await planPrune(results_dir, { keep, older_than_s, sacred, now: new Date() });
  if (plan.spared.length > 0) ui.result.line(`kept as a baseline or a run in progress: ${plan.spared.join(', ')}`);
  if (plan.remove.length === 0) {
    ui.result.line(`nothing to delete: all ${count(plan.found)} runs in results/ are kept`);
    return EXIT.passed;
  }
  const what = planText(plan);
  for (const { testid, bytes } of plan.remove) ui.result.note(`  ${testid}  ${bytesText(bytes)}`);
  if (flags.dryRun) {
    ui.result.line(`would delete ${what}`);
    return EXIT.passed;
  }
  await requireConfirmation(context, { what, word: 'delete', yes: flags.yes === true });
  for (const { directory } of plan.remove) await rm(directory, { recursive: true, force: true });
  const place = { results_dir, project: await projectName(context), influx: connection, now: new Date() };
  for (const note of await writeIndexPage(place)) ui.warn(note);
  ui.result.line(`deleted ${what}; ${count(plan.found - plan.remove.length)} runs remain`);
  return EXIT.passed;
}

function planText({ remove }: PrunePlan): string {
  const bytes = remove.reduce((sum, run) => sum + run.bytes, 0);
  return `the files of ${count(remove.length)} ${remove.length === 1 ? 'run' : 'runs'}, ${bytesText(bytes)}`;
}

/** @throws LoadstarError (usage) without options, because that would delete everything */
function pruneLimits({ keep, olderThan }: Flags): { keep: number | null; older_than_s: number | null } {
  if (keep === undefined && olderThan === undefined) {
    throw usageError('--keep or --older-than', 'neither', 'for example: loadstar prune --keep 50 --older-than 30d');
  }
  if (keep !== undefined && !/^\d{1,6}$/.test(keep)) {
    throw usageError('--keep to be a whole number', `\`${keep}\``, 'for example --keep 50');
  }
  const older_than_s = olderThan === undefined ? null : parseAge_s(olderThan);
  if (olderThan !== undefined && older_than_s === null) {
    throw usageError('--older-than to be an age', `\`${olderThan}\``, 'for example 30d, 12h or 2w');
  }
  return { keep: keep === undefined ? null : Number(keep), older_than_s };
}

async function pinnedBaselines(connection: InfluxConnection): Promise<string[]> {
  return (await new BaselineStore(connection).list(null)).map(({ testid }) => testid);
}

async function runsInProgress(context: CommandContext): Promise<string[]> {
  return (await new RunRegistry(engineContext(context).state_dir).runs()).map(({ run }) => run.testid);
}
