import { Command } from 'commander';
import { EXIT } from '../../contract/exit-codes.ts';
import type { NewScenarioFlags } from '../../project/new-scenario.ts';
import { loadProject } from '../../project/project.ts';
import { type CommandFactory, repeatable } from './lib/command-factory.ts';

/** `loadstar new scenario`: a scenario of the team's own that runs at once. */
export const newCommand: CommandFactory = (context, report) => {
  const command = new Command('new').description('Write a scenario for your own app.');
  const scenario = new Command('scenario')
    .description('Write a scenario that runs at once: a template, or from what a browser recorded or an API describes.')
    .argument('<name>', 'small letters, digits and dashes: the name to run it by')
    .option('--from-har <file>', "a journey from a browser's HAR recording")
    .option('--from-openapi <file>', 'a tour of every GET of an OpenAPI document')
    .option('--host <host>', 'with --from-har: the host whose requests are kept (repeatable)', repeatable)
    .option('--with-assets', 'with --from-har: keep images, styles, scripts and fonts')
    .option('--with-auth', 'with --from-openapi: keep what needs authentication')
    .option('--force', 'replace a scenario of this name')
    .option('--config <file>', 'the configuration, instead of ./loadstar.config.ts')
    .action(async (name: string, flags: NewScenarioFlags) => {
      const project = await loadProject(context, flags.config);
      // Only here: the readers of foreign files would slow the start of every other call.
      const { newScenario } = await import('../../project/new-scenario.ts');
      context.print(await newScenario(context, project, name, flags));
      report(EXIT.passed);
    });
  return command.addCommand(scenario.copyInheritedSettings(command));
};
