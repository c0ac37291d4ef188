import { resolve } from 'node:path';
import { Command } from 'commander';
import { EXIT } from '../../contract/exit-codes.ts';
import { count } from '../../contract/format.ts';
import { COMMAND } from '../../contract/package-name.ts';
import { SCENARIOS } from '../../contract/scenarios.ts';
import { portableLines, readPortable, writeLines } from '../../history/portable/portable-file.ts';
import { exportRuns, importRuns, type RunFilter } from '../../influxdb/portable.ts';
import { RunStore } from '../../influxdb/runs.ts';
import { parseAge_s } from '../../lib/age.ts';
import type { CommandContext } from '../../lib/context.ts';
import { usageError } from '../../lib/errors.ts';
import { projectName } from '../../project/project-name.ts';
import { addProjectOptions, chosenProject, type ProjectFlags } from './lib/chosen-project.ts';
import type { CommandFactory } from './lib/command-factory.ts';
import { connectToHistory } from './lib/connect.ts';

interface ExportFlags extends ProjectFlags {
  readonly out?: string;
  readonly scenario?: string;
  readonly since?: string;
}

/** `loadstar runs export`: writes the history to a file. */
export const exportCommand: CommandFactory = (context, report) =>
  addProjectOptions(
    new Command('export').description('Write the history of the project, with histograms, as JSON Lines.'),
  )
    .option('--out <file>', 'write to this file instead of stdout')
    .option('--scenario <names>', `only these scenarios, comma-separated: ${Object.keys(SCENARIOS).join(', ')}`)
    .option('--since <time>', 'only runs since this time: 2026-11-01, 2026-11-01T12:00:00Z, 90d or 12h')
    .action(async (flags: ExportFlags) => {
      const filter = { ...runFilter(flags, new Date()), project: await chosenProject(context, flags) };
      const lines = portableLines(exportRuns(await connectToHistory(context), filter));
      if (flags.out === undefined) for await (const line of lines) context.print(line);
      else {
        const written = await writeLines(resolve(context.cwd, flags.out), lines);
        context.ui.result.line(`wrote ${count(written - 1)} runs to ${flags.out}`);
      }
      report(EXIT.passed);
    });

/** `loadstar runs import`: reads a file of runs into InfluxDB. */
export const importCommand: CommandFactory = (context, report) =>
  new Command('import')
    .description('Import runs that `loadstar runs export` wrote. Importing a file twice changes nothing.')
    .argument('<file>', 'file that `loadstar runs export` wrote')
    .action(async (name: string) => {
      await importFile(context, resolve(context.cwd, name), name);
      report(EXIT.passed);
    });

/** @param shown what messages call the file */
export async function importFile(context: CommandContext, file: string, shown: string): Promise<void> {
  // The whole file is checked before anything is written, so that a bad file imports nothing.
  const ids: string[] = [];
  const project = await projectName(context);
  const others = new Map<string, number>();
  for await (const run of readPortable(file)) {
    ids.push(run.testid);
    const of = run.project ?? project;
    if (of !== project) others.set(of, (others.get(of) ?? 0) + 1);
  }
  const influx = await connectToHistory(context, 'write');
  const known = new Set(await new RunStore(influx).ids());
  await importRuns(influx, readPortable(file), project);
  const fresh = ids.filter((id) => !known.has(id)).length;
  context.ui.result.line(`imported ${count(ids.length)} runs from ${shown}: ${count(fresh)} of them new`);
  for (const [name, runs] of others) {
    context.ui.result.note(
      `${count(runs)} of them of the project ${name}: \`${COMMAND} runs --project ${name}\` lists them`,
    );
  }
}

const MS_PER_S = 1_000;
const TIME = /^\d{4}-\d{2}-\d{2}(T[\d:.]+Z)?$/;

/** @throws LoadstarError (usage) for an invalid time. Scenarios are not checked: a history may hold older ones. */
function runFilter({ scenario, since }: ExportFlags, now: Date): Omit<RunFilter, 'project'> {
  const names = scenario
    ?.split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  return { scenarios: names ?? null, since: since === undefined ? null : parseTime(since, now) };
}

function parseTime(text: string, now: Date): Date {
  const ago_s = parseAge_s(text);
  if (ago_s !== null) return new Date(now.getTime() - ago_s * MS_PER_S);
  if (TIME.test(text) && !Number.isNaN(Date.parse(text))) return new Date(text);
  throw usageError('--since to be a date, a UTC time, or an age', `\`${text}\``, 'for example 2026-11-01, or 90d');
}
