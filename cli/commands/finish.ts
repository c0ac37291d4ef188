import { Command } from 'commander';
import { EXIT, EXIT_PRECEDENCE } from '../../contract/exit-codes.ts';
import { NOTIFY_WHEN } from '../../contract/notify.ts';
import { RunStore } from '../../influxdb/runs.ts';
import type { CommandContext } from '../../lib/context.ts';
import { LoadstarError, messageOf, unusableError } from '../../lib/errors.ts';
import { loadScenarios } from '../../project/catalogue.ts';
import { loadProject } from '../../project/project.ts';
import { settingOf } from '../../project/team-catalogue.ts';
import { finishRun } from '../../runs/generators/finish.ts';
import { type FinishFlags, resolveFinishOptions } from '../../runs/generators/finish-options.ts';
import { requireSlack } from '../../runs/notify/slack.ts';
import { readyStack } from '../../runs/ready-stack.ts';
import { cliConnection } from '../../stack/engine/cli-connection.ts';
import { engineContext } from '../../stack/engine/engine-context.ts';
import { selectEngine } from '../../stack/select.ts';
import type { CommandFactory } from './lib/command-factory.ts';

interface Flags extends FinishFlags {
  readonly json?: true;
}

/** `loadstar finish`: the verdict on generators that ran elsewhere. */
export const finishCommand: CommandFactory = (context, report) =>
  new Command('finish')
    .description('Judge a run by what its generators, wherever they ran, have left in InfluxDB.')
    .argument('<testid>', 'the run: the tag testid of its generators')
    .option('--scenario <name>', 'what they ran, for its SLOs')
    .option('--profile <name>', 'with which load')
    .option('--instances <n>', 'how many generators there should be; without it as many as there were')
    .option('--wait <time>', 'how long those that still run may take, such as 20m (default: 30s)')
    .option('--base-url <url>', 'the target that they loaded')
    .option('--target <name>', 'its name, instead')
    .option('--scale <factor>', 'as they ran with it')
    .option('--duration <time>', 'likewise')
    .option('--config <file>', 'the configuration, instead of ./loadstar.config.ts')
    .option('--app-version <version>', 'version of the app under test')
    .option('--app-commit <commit>', 'commit of the app under test')
    .option('--app-branch <branch>', 'branch of the app under test')
    .option('--notify <when>', `tell the end of the run in Slack: ${Object.keys(NOTIFY_WHEN).join(', ')}`)
    .option('--json', 'print the summary as JSON to stdout')
    .action((testid: string, flags: Flags) => finish(context, testid, flags).then(report));

async function finish(context: CommandContext, testid: string, flags: Flags) {
  const { environment } = context;
  const project = await loadProject(context, flags.config);
  // Where only servers of others are given, nothing is to be started here.
  const engine_name = environment.ENGINE ?? (environment.INFLUX_URL ? 'external' : undefined);
  const engine = await selectEngine(engineContext(context), engine_name);
  const stack = await readyStack(context, engine);
  const begun = await new RunStore(cliConnection(stack.influx)).begun(testid);
  const options = resolveFinishOptions(flags, environment, project, begun?.run ?? null);
  if (options.notify !== 'never') requireSlack(environment);
  const scenarios = await loadScenarios([options.scenario], settingOf(project, context));
  const [scenario] = scenarios.values();
  if (!scenario) throw new Error(`unreachable: no scenario ${options.scenario}`);
  const question = { context, stack, engine_name: engine.name, testid, options, scenario, begun };
  const summary = await finishRun(question).catch((error: unknown) => {
    if (error instanceof LoadstarError || context.stop.aborted) throw error;
    throw unusableError(
      `InfluxDB at ${stack.influx.url} to say what the generators have left`,
      messageOf(error),
      'the same call judges the run when it answers',
      error,
    );
  });
  if (flags.json) context.print(JSON.stringify(summary, null, 2));
  return EXIT_PRECEDENCE.find((code) => code === summary.exit_code) ?? EXIT.passed;
}
