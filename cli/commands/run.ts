import { Command } from 'commander';
import { NOTIFY_WHEN } from '../../contract/notify.ts';
import { PROFILES } from '../../contract/profiles.ts';
import { SCENARIOS } from '../../contract/scenarios.ts';
import type { CommandContext } from '../../lib/context.ts';
import { quietUi } from '../../lib/ui.ts';
import { loadProject } from '../../project/project.ts';
import { withScripts } from '../../project/script-paths.ts';
import { refuseEmptyVariables } from '../../runs/options/empty-settings.ts';
import { type RunFlags, resolveRunOptions } from '../../runs/options/options.ts';
import { runAll } from '../../runs/run-all.ts';
import { CONFIG_OPTION, type CommandFactory, collectValues, resultPrinter } from './lib/command-factory.ts';
import { JUNIT_OPTION, junitFile } from './lib/junit-file.ts';
import { prepareRuns } from './lib/prepare-runs.ts';

interface Flags extends RunFlags {
  readonly quiet?: true;
  readonly failFast?: true;
  readonly junit?: string;
  readonly json?: true;
}

/** `loadstar run`: runs scenarios and reports the verdict. */
export const runCommand: CommandFactory = (context, report) =>
  new Command('run')
    .description('Run load tests: start the stack, load the target, and report the verdict in the exit code.')
    .argument(
      '[scenario...]',
      `names of scenarios: ${Object.keys(SCENARIOS).join(', ')}, your own; all (in sequence) or mixed (in parallel); or k6 scripts: files, directories and globs`,
    )
    .option('--profile <name>', `load profile: ${Object.keys(PROFILES).join(', ')}`)
    .option('--base-url <url>', 'target to load (default: the built-in demo clinic)')
    .option('--target <name>', 'target of loadstar.config.ts, instead of --base-url')
    .option('--confirm-production <name>', 'production target that this run may load (required for production targets)')
    .option(...CONFIG_OPTION)
    .option('--allow-host <host>', 'host that may be loaded, in addition to loopback (repeatable)', collectValues)
    .option('--vus <n>', 'constant load of this many virtual users, instead of a profile')
    .option('--rate <n/s>', 'constant load of this many journeys per second, such as 20/s, instead of a profile')
    .option('--output <names>', 'k6 outputs, comma-separated')
    .option('--scale <factor>', 'multiply the virtual users and arrival rates by this factor')
    .option('--instances <n>', 'k6 processes that share the load and are judged as one run')
    .option('--duration <time>', 'total duration, such as 60s or 5m; stages keep their proportions')
    .option('--max-rate <n>', 'requests a second that the run may make at most: more is refused, and k6 is held to it')
    .option('--max-duration <time>', 'time of load that this call may take at most, with repeats; more is refused')
    .option('--app-version <version>', 'version of the app under test')
    .option('--app-commit <commit>', 'commit of the app under test')
    .option('--app-branch <branch>', 'branch of the app under test')
    .option('--demo-fault <fault>', 'fault that the demo clinic injects (repeatable)', collectValues)
    .option('--confirm <n>', 'maximum number of repeats that confirm a suspected regression (0: none)')
    .option('--confirm-budget <time>', 'maximum total duration of these repeats, such as 10m')
    .option('--notify <when>', `when to notify Slack of the end of a run: ${Object.keys(NOTIFY_WHEN).join(', ')}`)
    .option(
      '--telemetry <on|off>',
      'collect what the target measures of itself (default: if its configuration says how)',
    )
    .option('-e, --env <KEY=VALUE>', 'variable that scripts find in `__ENV` (repeatable)', collectValues)
    .option('--abort-on-breach <after>', 'abort on the first failed SLO after this grace period, such as 10s')
    .option('--fail-fast', 'end with the first run that does not pass, instead of running the remaining scenarios')
    .option('--quiet', 'print warnings, and one line per run with its verdict; no progress and no details')
    .option(...JUNIT_OPTION)
    .option('--json', 'print the summaries as JSON to stdout, and the results for people to stderr')
    .action((names: string[], flags: Flags) => run(context, names, flags).then(report));

async function run(asked: CommandContext, names: readonly string[], flags: Flags) {
  const context = flags.quiet ? { ...asked, ui: quietUi(asked.ui) } : asked;
  refuseEmptyVariables(context.environment, { ...flags, scenario: names[0] });
  const { project, named } = withScripts(context, names, await loadProject(context, flags.config));
  const asked_options = resolveRunOptions(named, flags, context.environment, project);
  const { configured, scenarios, withSecrets, remember } = await prepareRuns(context, project, asked_options);
  const options = withSecrets(asked_options);
  await remember();
  // With both, the verdicts are in the JSON alone, and the printer is the quiet one.
  const printer = resultPrinter(context, flags);
  const writeJunit = await junitFile(context, flags.junit);
  const { summaries, exit_code } = await runAll(configured, options, scenarios, {
    printer,
    is_quiet: flags.quiet === true,
    is_fail_fast: flags.failFast === true,
  });
  await writeJunit(summaries);
  if (flags.json) context.print(JSON.stringify(summaries, null, 2));
  return exit_code;
}
