import { Command } from 'commander';
import { EXIT } from '../../contract/exit-codes.ts';
import type { Engine } from '../engine/engine.ts';
import { newestMessages } from '../engine/messages.ts';
import { grafanaLogin } from '../engine/secrets.ts';
import { selectEngine } from '../engine/select.ts';
import { allDone } from '../lib/all-done.ts';
import type { CommandFactory } from '../lib/command-factory.ts';
import { type CommandContext, engineContext } from '../lib/context.ts';
import { readyStack } from '../run/ready-stack.ts';

async function engineOf(context: CommandContext) {
  return await selectEngine(engineContext(context), context.environment.ENGINE);
}

/** A Grafana of ours shows nothing without a login; of others we know none. */
function sayLogin(context: CommandContext, engine: Engine): void {
  const login = grafanaLogin(engineContext(context), engine.name, context.cwd);
  if (login) context.ui.line(`          ${login}`);
}

/** `loadstar up`: InfluxDB and Grafana, as a run would bring them up. */
export const upCommand: CommandFactory = (context, report) =>
  new Command('up')
    .description('Bring InfluxDB and Grafana up, and build k6, without running anything.')
    .action(async () => {
      const engine = await engineOf(context);
      const [stack, launcher] = await allDone([readyStack(context, engine), engine.k6()]);
      const { ui } = context;
      ui.line(`engine    ${engine.name}`);
      ui.line(`influxdb  ${stack.influx.url}`);
      ui.line(`grafana   ${stack.grafana?.url ?? 'none'}`);
      if (stack.grafana) sayLogin(context, engine);
      ui.line(`k6        v${launcher.version}`);
      for (const note of stack.notes) ui.note(note);
      report(EXIT.passed);
    });

/** `loadstar down`: stops what `up` started; data stays. */
export const downCommand: CommandFactory = (context, report) =>
  new Command('down').description('Stop InfluxDB and Grafana. Data and tokens stay.').action(async () => {
    const engine = await engineOf(context);
    await engine.down();
    report(EXIT.passed);
  });

/** `loadstar status`: what runs. */
export const statusCommand: CommandFactory = (context, report) =>
  new Command('status')
    .description('Say what runs and where.')
    .option('--json', 'as JSON on stdout')
    .action(async (flags: { json?: true }) => {
      const engine = await engineOf(context);
      const services = await engine.status();
      if (flags.json) context.print(JSON.stringify({ engine: engine.name, services }, null, 2));
      else {
        context.ui.line(`engine    ${engine.name}`);
        for (const { service, state, detail } of services) {
          context.ui.line(`${service.padEnd(9)} ${state}${detail ? ` (${detail})` : ''}`);
          if (service === 'grafana' && state === 'running') sayLogin(context, engine);
        }
        for (const line of await newestMessages(engineContext(context))) context.ui.line(`          ${line}`);
      }
      report(EXIT.passed);
    });
