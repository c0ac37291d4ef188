import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { EXIT } from '../../contract/exit-codes.ts';
import { GRAFANA } from '../../contract/grafana.ts';
import type { CommandContext } from '../../lib/context.ts';
import { messageOf, usageError } from '../../lib/errors.ts';
import { proxyRules } from '../../lib/proxies.ts';
import { loadProject } from '../../project/project.ts';
import { catalogueSetting, loadTeamScenarios, mergeTeam } from '../../project/team-catalogue.ts';
import { configuredChannels } from '../../stack/engine/provisioning.ts';
import { influxAccess } from '../../stack/external/access.ts';
import { GrafanaApi } from '../../stack/grafana-push/api.ts';
import { findDatasourceCa } from '../../stack/grafana-push/datasource-ca.ts';
import { applyPush, type Change, planPush } from '../../stack/grafana-push/push.ts';
import {
  contactPoints,
  dashboards,
  datasource,
  folder,
  muteTiming,
  policy,
  type Resource,
  readPolicyTree,
  ruleGroup,
  template,
} from '../../stack/grafana-push/resources.ts';
import { commandK6Reader } from '../../stack/k6-reader.ts';
import type { CommandFactory } from './lib/command-factory.ts';

interface Flags {
  readonly url?: string;
  readonly token?: string;
  readonly dryRun?: true;
  readonly json?: true;
  /** false with --no-policy. */
  readonly policy: boolean;
}

/** `loadstar grafana push`: installs dashboards and alerts in a Grafana that a team already runs. */
export const grafanaCommand: CommandFactory = (context, report) =>
  new Command('grafana').description('Manage dashboards and alerts in an existing Grafana.').addCommand(
    new Command('push')
      .description(
        'Install or update the folder, data source, dashboards, alert rules, contact point and notification policy of Loadstar. Everything else in Grafana stays unchanged.',
      )
      .option('--url <url>', 'address of Grafana (default: GRAFANA_URL)')
      .option(
        '--token <token>',
        'token of a service account (default: GRAFANA_TOKEN; other processes can see arguments)',
      )
      .option('--dry-run', 'show the changes without applying them')
      .option('--no-policy', 'do not change the notification policy, for example because it is provisioned')
      .option('--json', 'print the changes as JSON')
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
      'the address and a token of Grafana',
      `no ${url ? 'token' : 'address'}`,
      'set GRAFANA_URL and GRAFANA_TOKEN',
    );
  }
  if (flags.token) {
    ui.hide([flags.token]);
    ui.warn('other processes on this machine can see --token: use GRAFANA_TOKEN instead');
  }
  const api = new GrafanaApi({ url, token }, proxyRules(context.env));
  const steps = await planPush(api, await allResources(context, api, flags.policy));
  if (!flags.dryRun) await applyPush(api, steps);
  const changes = steps.map(({ change }) => change);
  if (flags.json) context.print(JSON.stringify(changes, null, 2));
  else for (const line of changes.flatMap(describeChange)) ui.result.line(line);
  if (!flags.dryRun) await warnOfDatasource(context, api, changes);
  const count = changes.filter(({ change }) => change !== 'none').length;
  const done = flags.dryRun
    ? `would change ${count} of ${changes.length} resources; nothing was written`
    : `changed ${count} of ${changes.length} resources`;
  ui.result.line(`${url}: ${done}`);
}

/** Grafana 12.2 caches a data source for 5 s (measured). */
const STALE_MS = 6_000;

/** Without access from Grafana to InfluxDB every panel would be empty. */
async function warnOfDatasource(
  { ui, env }: CommandContext,
  api: GrafanaApi,
  changes: readonly Change[],
): Promise<void> {
  const changed = changes.some(({ kind, change }) => kind === 'data source' && change === 'change');
  if (changed) await sleep(STALE_MS);
  try {
    await api.get(`/api/datasources/uid/${GRAFANA.datasource.uid}/health`);
  } catch (error) {
    const { found } = error as { found?: string };
    ui.warn(
      `Grafana cannot read InfluxDB at ${influxAccess(env).url} (${found ?? messageOf(error)}): check INFLUX_URL as Grafana reaches it, ` +
        'INFLUX_TOKEN (read access) and INFLUX_ORG',
    );
  }
}

async function allResources(context: CommandContext, api: GrafanaApi, with_policy: boolean): Promise<Resource[]> {
  const influx = influxAccess(context.env);
  const ca = await findDatasourceCa(context.env, influx);
  const on = configuredChannels(context.env);
  if (on.length === 0) {
    context.ui.note('no channel is set (docs/grafana.md): alerts follow the existing notification policy');
  }
  const project = await loadProject(context, undefined);
  const scenarios = mergeTeam(await loadTeamScenarios(catalogueSetting(project, context, commandK6Reader(context))));
  return [
    folder(),
    datasource(influx, influx.tokens.grafana, ca),
    ...dashboards(),
    template(),
    muteTiming(),
    ...contactPoints(on, (name) => context.env[name] ?? ''),
    ...(with_policy ? [policy(await readPolicyTree(api), on.length > 0)] : []),
    ruleGroup(scenarios),
  ];
}

const SIGN = { create: '+', change: '~', none: '=' } as const;
/** More changed paths of one resource say nothing new. */
const MOST_PATHS = 8;

function describeChange({ kind, name, change, paths }: Change): string[] {
  const more = paths.length > MOST_PATHS ? [`      and ${paths.length - MOST_PATHS} more`] : [];
  return [`  ${SIGN[change]} ${kind} ${name}`, ...paths.slice(0, MOST_PATHS).map((path) => `      ${path}`), ...more];
}
