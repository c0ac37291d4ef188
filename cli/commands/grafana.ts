import { Command } from 'commander';
import { EXIT } from '../../contract/exit-codes.ts';
import { influxAccess } from '../engine/external.ts';
import { inUse } from '../engine/provisioning.ts';
import { GrafanaApi } from '../grafana/api.ts';
import { apply, type Change, compare } from '../grafana/push.ts';
import {
  contactPoints,
  dashboards,
  datasource,
  folder,
  muteTiming,
  policy,
  policyTree,
  type Resource,
  ruleGroup,
  template,
} from '../grafana/resources.ts';
import type { CommandFactory } from '../lib/command-factory.ts';
import type { CommandContext } from '../lib/context.ts';
import { usageError } from '../lib/errors.ts';

interface Flags {
  readonly url?: string;
  readonly token?: string;
  readonly dryRun?: true;
  readonly json?: true;
  /** commander's way to say --no-policy. */
  readonly policy: boolean;
}

/** `loadstar grafana push`: for a team that has a Grafana of its own. */
export const grafanaCommand: CommandFactory = (context, report) =>
  new Command('grafana').description('Work with a Grafana that you already have.').addCommand(
    new Command('push')
      .description(
        'Bring folder, data source, dashboards, alert rules, contact point and our branch of the notification policy into it. What is not ours stays as it is.',
      )
      .option('--url <url>', 'its address (GRAFANA_URL)')
      .option('--token <token>', 'of a service account; rather GRAFANA_TOKEN: arguments show in process lists')
      .option('--dry-run', 'show what would change, and change nothing')
      .option('--no-policy', 'leave the notification policy alone: for one that is provisioned from elsewhere')
      .option('--json', 'the changes as JSON on stdout')
      .action(async (flags: Flags) => {
        await push(context, flags);
        report(EXIT.passed);
      }),
  );

async function push(context: CommandContext, flags: Flags): Promise<void> {
  const { environment, ui } = context;
  const url = flags.url ?? environment.GRAFANA_URL;
  const token = flags.token ?? environment.GRAFANA_TOKEN;
  if (!url || !token) {
    throw usageError(
      'the address and a token of your Grafana',
      `no ${url ? 'token' : 'address'}`,
      'set GRAFANA_URL and GRAFANA_TOKEN',
    );
  }
  if (flags.token) {
    ui.hide([flags.token]);
    ui.warn('other processes of this machine see --token: rather GRAFANA_TOKEN');
  }
  const api = new GrafanaApi({ url, token });
  const steps = await compare(api, await allResources(context, api, flags.policy));
  if (!flags.dryRun) await apply(api, steps);
  const changes = steps.map(({ change }) => change);
  if (flags.json) context.print(JSON.stringify(changes, null, 2));
  else for (const line of changes.flatMap(lines)) ui.line(line);
  const count = changes.filter(({ change }) => change !== 'none').length;
  const done = flags.dryRun
    ? `would change ${count} of ${changes.length}; nothing was written`
    : `changed ${count} of ${changes.length}`;
  ui.line(`${url}: ${done}`);
}

async function allResources(context: CommandContext, api: GrafanaApi, with_policy: boolean): Promise<Resource[]> {
  const influx = influxAccess(context.env);
  const on = inUse(context.env);
  if (on.length === 0) {
    context.ui.note('no channel is set (docs/grafana.md): alerts go where those of your own policy go');
  }
  return [
    folder(),
    datasource(influx, influx.tokens.grafana),
    ...dashboards(),
    template(),
    muteTiming(),
    ...contactPoints(on, (name) => context.env[name] ?? ''),
    ...(with_policy ? [policy(await policyTree(api), on.length > 0)] : []),
    ruleGroup(),
  ];
}

const SIGN = { create: '+', change: '~', none: '=' } as const;
/** So many paths of one thing are enough to see what it is about. */
const MOST_PATHS = 8;

function lines({ kind, name, change, paths }: Change): string[] {
  const more = paths.length > MOST_PATHS ? [`      and ${paths.length - MOST_PATHS} more`] : [];
  return [`  ${SIGN[change]} ${kind} ${name}`, ...paths.slice(0, MOST_PATHS).map((path) => `      ${path}`), ...more];
}
