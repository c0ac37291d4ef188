import { Command } from 'commander';
import { EXIT } from '../../contract/exit-codes.ts';
import type { InitFlags } from '../../project/init/init.ts';
import type { CommandFactory } from './lib/command-factory.ts';

/** `loadstar init`: makes a team's repository a project. */
export const initCommand: CommandFactory = (context, report) =>
  new Command('init')
    .description('Set up load tests in your own repository: configuration, a scenario, and the dependency.')
    .argument('[directory]', 'directory that gets loadstar.config.ts (default: the working directory)')
    .option('--base-url <url>', 'address of your app, which becomes the target `local`')
    .option('--ci', 'write the GitHub workflow, or the GitLab job, without asking')
    .option('--no-ci', 'write neither')
    .option('--no-install', 'install no packages')
    .option('--yes', 'answer every question with yes')
    .action(async (directory: string | undefined, flags: InitFlags) => {
      const { initProject } = await import('../../project/init/init.ts');
      await initProject(context, directory, flags);
      report(EXIT.passed);
    });
