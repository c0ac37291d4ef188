import { Command } from 'commander';
import { EXIT } from '../../contract/exit-codes.ts';
import type { NewScenarioFlags } from '../../project/new-scenario.ts';
import { loadProject } from '../../project/project.ts';
import { CONFIG_OPTION, type CommandFactory, collectValues } from './lib/command-factory.ts';
import { readFailedRequests } from './lib/failed-requests.ts';

/** `loadstar new scenario`: writes a scenario for a team's own app. */
export const newCommand: CommandFactory = (context, report) => {
  const command = new Command('new').description('Write a scenario for your own app.');
  const scenario = new Command('scenario')
    .description('Write a runnable scenario from a template, a HAR recording or an OpenAPI document.')
    .argument('<name>', 'name of the scenario: lowercase letters, digits and dashes')
    .option('--from-har <file>', 'HAR recording of a browser to convert')
    .option('--from-openapi <file or URL>', 'OpenAPI document to convert')
    .option('--host <host>', 'with --from-har: keep the requests to this host (repeatable)', collectValues)
    .option('--with-assets', 'with --from-har: keep images, styles, scripts and fonts')
    .option('--without-auth', 'with --from-openapi: leave out requests that need authentication')
    .option('--without-failed', 'leave out the requests that failed each time in the newest run of the scenario')
    .option('--force', 'replace an existing scenario of this name')
    .option(...CONFIG_OPTION)
    .action(async (name: string, flags: NewScenarioFlags) => {
      const project = await loadProject(context, flags.config);
      // Imported here, because these parsers would slow the start of every other command.
      const { newScenario } = await import('../../project/new-scenario.ts');
      const failed = flags.withoutFailed ? await readFailedRequests(context.results_dir, name) : new Map();
      context.ui.result.line(await newScenario(context, project, name, flags, failed));
      report(EXIT.passed);
    });
  return command.addCommand(scenario.copyInheritedSettings(command));
};
