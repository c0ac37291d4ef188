import { Command } from 'commander';
import { EXIT } from '../../contract/exit-codes.ts';
import { loadConfig } from '../../project/load-config.ts';
import { needsTelegraf } from '../../project/telemetry.ts';
import { engineContext } from '../../stack/engine/engine-context.ts';
import { selectEngine } from '../../stack/select.ts';
import type { CommandFactory } from './lib/command-factory.ts';

/** `loadstar setup`: builds or pulls everything that a run needs. */
export const setupCommand: CommandFactory = (context, report) =>
  new Command('setup')
    .description('Build or pull everything that a run needs, without starting anything.')
    .action(async () => {
      const engine = await selectEngine(engineContext(context), context.environment.ENGINE);
      const { LOADSTAR_CONFIG, TELEMETRY } = context.environment;
      const { config } = await loadConfig(LOADSTAR_CONFIG, context);
      await engine.setup();
      if (needsTelegraf(config, TELEMETRY)) await engine.telegraf();
      context.ui.result.line(`ready: engine ${engine.name}`);
      report(EXIT.passed);
    });
