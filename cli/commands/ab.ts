import { Command } from 'commander';
import { LEAST_CHANGE } from '../../analysis/ab.ts';
import { percent } from '../../contract/format.ts';
import { NOTIFY_WHEN } from '../../contract/notify.ts';
import { PROFILES } from '../../contract/profiles.ts';
import { SCENARIOS } from '../../contract/scenarios.ts';
import type { CommandContext } from '../../lib/context.ts';
import { loadProject } from '../../project/project.ts';
import { withScripts } from '../../project/script-paths.ts';
import {
  AB_BLOCK,
  AB_BUDGET,
  AB_PORTS,
  AB_PROFILE,
  type AbFlags,
  type AbOptions,
  checkAbScenario,
  resolveAbOptions,
} from '../../runs/ab/ab-options.ts';
import { runAb } from '../../runs/ab/run-ab.ts';
import { CONFIG_OPTION, type CommandFactory, collectValues, resultPrinter } from './lib/command-factory.ts';
import { JUNIT_OPTION, junitFile } from './lib/junit-file.ts';
import { prepareRuns } from './lib/prepare-runs.ts';

interface Flags extends AbFlags {
  readonly junit?: string;
  readonly json?: true;
}

/** `loadstar ab`: compares two builds that have the same load in turns. */
export const abCommand: CommandFactory = (context, report) =>
  new Command('ab')
    .description(
      'Compare two builds: load base and head in turns, in short blocks, until it is clear whether head is slower.',
    )
    .argument('[scenario]', `name of a scenario: ${Object.keys(SCENARIOS).join(', ')}, or your own`)
    .option('--base <url or target>', 'build to compare with: its address, or a target of loadstar.config.ts')
    .option('--head <url or target>', 'build to judge: its address, or a target of loadstar.config.ts')
    .option('--base-cmd <command>', 'shell command that starts base on the port in PORT, instead of --base')
    .option('--head-cmd <command>', 'shell command that starts head on the port in PORT, instead of --head')
    .option('--base-port <port>', `port of the base that --base-cmd starts (default: ${AB_PORTS.base})`)
    .option('--head-port <port>', `port of the head that --head-cmd starts (default: ${AB_PORTS.head})`)
    .option('--base-version <version>', 'version of base, for the report')
    .option('--head-version <version>', 'version of head, for the report')
    .option('--base-commit <commit>', 'commit of base, for the report')
    .option('--head-commit <commit>', 'commit of head, for the report')
    .option('--app-branch <branch>', 'branch of the app under test')
    .option(
      '--budget <time>',
      `longest duration of the blocks, such as 5m (default: ${AB_BUDGET}); a clear answer ends them earlier`,
    )
    .option('--block <time>', `duration of a block (default: ${AB_BLOCK})`)
    .option('--least-change <percent>', `smallest change that matters (default: ${percent(LEAST_CHANGE)})`)
    .option(
      '--profile <name>',
      `load profile, held at its peak: ${Object.keys(PROFILES).join(', ')} (default: ${AB_PROFILE})`,
    )
    .option('--scale <factor>', 'multiply the virtual users and arrival rates by this factor')
    .option('--notify <when>', `when to notify Slack of the end: ${Object.keys(NOTIFY_WHEN).join(', ')}`)
    .option('--confirm-production <name>', 'production target that this run may load (required for production targets)')
    .option(...CONFIG_OPTION)
    .option('--allow-host <host>', 'host that may be loaded, in addition to loopback (repeatable)', collectValues)
    .option(...JUNIT_OPTION)
    .option(
      '--json',
      'print the summary of head, with the comparison, as JSON to stdout, and the results for people to stderr',
    )
    .action((name: string | undefined, flags: Flags) => run(context, name, flags).then(report));

async function run(context: CommandContext, name: string | undefined, flags: Flags) {
  const names = name === undefined ? [] : [name];
  const { project, named } = withScripts(context, names, await loadProject(context, flags.config));
  const asked = resolveAbOptions(named, flags, context.env, project);
  const { configured, scenarios, withSecrets, remember } = await prepareRuns(context, project, asked.head.run);
  const withSideSecrets = (side: AbOptions['head']) => ({ ...side, run: withSecrets(side.run) });
  const options = { ...asked, base: withSideSecrets(asked.base), head: withSideSecrets(asked.head) };
  const [scenario] = [...scenarios.values()];
  if (!scenario) throw new Error('unreachable: an unknown scenario is refused');
  checkAbScenario(scenario);
  await remember();
  const writeJunit = await junitFile(context, flags.junit);
  const { summary, exit_code } = await runAb(configured, options, scenario, resultPrinter(context, flags));
  await writeJunit([summary]);
  if (flags.json) context.print(JSON.stringify(summary, null, 2));
  return exit_code;
}
