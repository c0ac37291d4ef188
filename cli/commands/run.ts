import { Command } from 'commander';
import { NOTIFY_WHEN } from '../../contract/notify.ts';
import { PROFILES } from '../../contract/profiles.ts';
import { SCENARIOS } from '../../contract/scenarios.ts';
import type { CommandContext } from '../../lib/context.ts';
import { loadScenarios } from '../../project/catalogue.ts';
import { loadProject } from '../../project/project.ts';
import { withRetention } from '../../project/retention.ts';
import { rememberTeam, settingOf } from '../../project/team-catalogue.ts';
import { type RunFlags, resolveRunOptions } from '../../runs/options/options.ts';
import { runAll } from '../../runs/run-all.ts';
import { engineContext } from '../../stack/engine/engine-context.ts';
import { requireStateFormat } from '../../stack/state/format.ts';
import { type CommandFactory, repeatable } from './lib/command-factory.ts';

interface Flags extends RunFlags {
  readonly json?: true;
}

/** `loadstar run`: the main job. */
export const runCommand: CommandFactory = (context, report) =>
  new Command('run')
    .description('Run load tests: bring the stack up, load the target, judge, and say so in the exit code.')
    .argument(
      '[scenario...]',
      `${Object.keys(SCENARIOS).join(', ')}, your own, all (one after another), or mixed (side by side)`,
    )
    .option('--profile <name>', `load profile: ${Object.keys(PROFILES).join(', ')}`)
    .option('--base-url <url>', 'the target; without it the built-in demo clinic')
    .option('--target <name>', 'a target of loadstar.config.ts, instead of --base-url')
    .option('--confirm-production <name>', 'load this production target of loadstar.config.ts, this one time')
    .option('--config <file>', 'the configuration, instead of ./loadstar.config.ts')
    .option('--allow-host <host>', 'a host besides loopback that may be loaded (repeatable)', repeatable)
    .option('--output <names>', 'where k6 streams its metrics, comma-separated')
    .option('--scale <factor>', 'factor on the number of users, and on rates of arrival')
    .option('--instances <n>', 'k6 processes that share the load; all is judged on their merged data')
    .option('--duration <time>', 'total duration, such as 60s or 5m; the stages keep their proportions')
    .option('--app-version <version>', 'version of the app under test')
    .option('--app-commit <commit>', 'commit of the app under test')
    .option('--app-branch <branch>', 'branch of the app under test')
    .option('--demo-fault <fault>', 'a fault for the demo to inject (repeatable)', repeatable)
    .option('--confirm <n>', 'repeat a run that looks worse at once, up to so many times; 0: never')
    .option('--confirm-budget <time>', 'how long those repeats may take together, such as 10m')
    .option('--notify <when>', `tell the end of the run in Slack: ${Object.keys(NOTIFY_WHEN).join(', ')}`)
    .option(
      '--abort-on-breach <after>',
      'end the run as soon as an SLO is broken, from so long after its start on: 10s',
    )
    .option('--json', 'print the summaries as JSON to stdout')
    .action((names: string[], flags: Flags) => run(context, names, flags).then(report));

async function run(context: CommandContext, names: readonly string[], flags: Flags) {
  const project = await loadProject(context, flags.config);
  const options = resolveRunOptions(names, flags, context.environment, project);
  const setting = settingOf(project, context);
  const scenarios = await loadScenarios(options.scenarios, setting);
  const { state_dir } = engineContext(context);
  await requireStateFormat(state_dir);
  await rememberTeam(state_dir, scenarios.values(), setting);
  const { summaries, exit_code } = await runAll(withRetention(context, project.config), options, scenarios);
  if (flags.json) context.print(JSON.stringify(summaries, null, 2));
  return exit_code;
}
