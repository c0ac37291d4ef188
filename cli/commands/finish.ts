import { Command } from 'commander';
import { EXIT } from '../../contract/exit-codes.ts';
import { NOTIFY_WHEN } from '../../contract/notify.ts';
import { EXIT_PRECEDENCE } from '../../contract/verdicts.ts';
import { RunStore } from '../../influxdb/runs.ts';
import type { CommandContext } from '../../lib/context.ts';
import { LoadstarError, messageOf, unusableError } from '../../lib/errors.ts';
import { loadScenarios } from '../../project/catalogue.ts';
import { loadProject } from '../../project/project.ts';
import { catalogueSetting } from '../../project/team-catalogue.ts';
import { finishRun } from '../../runs/generators/finish.ts';
import { type FinishFlags, resolveFinishOptions } from '../../runs/generators/finish-options.ts';
import { requireSlack } from '../../runs/notify/slack.ts';
import { emptyError, refuseEmptyVariables } from '../../runs/options/empty-settings.ts';
import { readyStack } from '../../runs/ready-stack.ts';
import { cliConnection } from '../../stack/engine/cli-connection.ts';
import { engineContext } from '../../stack/engine/engine-context.ts';
import { commandK6Reader } from '../../stack/k6-reader.ts';
import { selectEngine } from '../../stack/select.ts';
import { CONFIG_OPTION, type CommandFactory, resultPrinter } from './lib/command-factory.ts';
import { JUNIT_OPTION, junitFile } from './lib/junit-file.ts';

interface Flags extends FinishFlags {
  readonly k8sNamespace?: string;
  readonly junit?: string;
  readonly json?: true;
}

/** `loadstar finish`: judges a run whose generators ran elsewhere, such as in Kubernetes. */
export const finishCommand: CommandFactory = (context, report) =>
  new Command('finish')
    .description('Judge a run whose generators ran elsewhere, from its data in InfluxDB.')
    .argument('<testid>', 'run id: the testid tag of its generators')
    .option('--scenario <name>', 'scenario that the generators ran')
    .option('--profile <name>', 'load profile that the generators ran')
    .option('--instances <n>', 'expected number of generators (default: all that reported)')
    .option('--wait <time>', 'how long to wait for generators that still run, such as 20m (default: 30s)')
    .option('--merger <url>', 'address of the merger of the generators, to end all of them by an SLO that ends a run')
    .option(
      '--abort-on-breach <after>',
      'with --merger: abort on the first failed SLO after this grace period, such as 10s',
    )
    .option('--base-url <url>', 'target that the generators loaded')
    .option('--target <name>', 'target of loadstar.config.ts, instead of --base-url')
    .option('--scale <factor>', 'scale factor, as passed to the generators')
    .option('--duration <time>', 'total duration, as passed to the generators')
    .option(...CONFIG_OPTION)
    .option('--app-version <version>', 'version of the app under test')
    .option('--app-commit <commit>', 'commit of the app under test')
    .option('--app-branch <branch>', 'branch of the app under test')
    .option('--notify <when>', `when to notify Slack of the end of a run: ${Object.keys(NOTIFY_WHEN).join(', ')}`)
    .option(
      '--k8s-namespace <name>',
      'namespace of this Job in Kubernetes: print how to get the report out of the cluster',
    )
    .option(...JUNIT_OPTION)
    .option('--json', 'print the summary as JSON to stdout, and the results for people to stderr')
    .action((testid: string, flags: Flags) => finish(context, testid, flags).then(report));

async function finish(context: CommandContext, testid: string, flags: Flags) {
  const { environment } = context;
  refuseEmptyVariables(environment, { ...flags });
  const writeJunit = await junitFile(context, flags.junit);
  const project = await loadProject(context, flags.config);
  // If only the address of an existing InfluxDB is given, no stack is started here.
  if (!environment.ENGINE && environment.isEmpty('INFLUX_URL'))
    throw emptyError('INFLUX_URL', 'to use the local stack');
  const engine_name = environment.ENGINE ?? (environment.INFLUX_URL ? 'external' : undefined);
  const engine = await selectEngine(engineContext(context), engine_name);
  const stack = await readyStack(context, engine);
  const begun = await new RunStore(cliConnection(stack.influx)).begun(testid);
  const options = resolveFinishOptions(flags, environment, project, begun?.run ?? null);
  if (options.notify !== 'never') requireSlack(environment);
  const scenarios = await loadScenarios(
    [options.scenario],
    catalogueSetting(project, context, commandK6Reader(context)),
  );
  const [scenario] = scenarios.values();
  if (!scenario) throw new Error(`unreachable: no scenario ${options.scenario}`);
  const printer = resultPrinter(context, flags);
  const k8s_namespace = flags.k8sNamespace ?? null;
  const known = { options, scenario, begun, k8s_namespace };
  const request = { context, printer, stack, engine_name: engine.name, testid, ...known };
  const summary = await finishRun(request).catch((error: unknown) => {
    if (error instanceof LoadstarError || context.stop.aborted) throw error;
    throw unusableError(
      `InfluxDB at ${stack.influx.url} to return the data of the generators`,
      messageOf(error),
      'run the same command again when InfluxDB answers',
      error,
    );
  });
  await writeJunit([summary]);
  if (flags.json) context.print(JSON.stringify(summary, null, 2));
  return EXIT_PRECEDENCE.find((code) => code === summary.exit_code) ?? EXIT.passed;
}
