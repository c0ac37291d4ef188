import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { EXIT } from '../../contract/exit-codes.ts';
import { GRAFANA } from '../../contract/grafana.ts';
import type { CommandContext } from '../../lib/context.ts';
import { messageOf, usageError } from '../../lib/errors.ts';
import { packageVersion } from '../../lib/package-version.ts';
import { proxyRules } from '../../lib/proxies.ts';
import { loadProject } from '../../project/project.ts';
import { catalogueSetting, loadTeamScenarios, mergeTeam } from '../../project/team-catalogue.ts';
import { configuredChannels } from '../../stack/engine/provisioning.ts';
import { influxAccess } from '../../stack/external/access.ts';
import { GrafanaApi, type Json } from '../../stack/grafana-push/api.ts';
import { findDatasourceCa } from '../../stack/grafana-push/datasource-ca.ts';
import { applyPush, type Change, planPush } from '../../stack/grafana-push/push.ts';
import {
  alertFolder,
  contactPoints,
  dashboardFolder,
  dashboards,
  datasource,
  hasOtherProjects,
  muteTiming,
  obsoleteResources,
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
  if (changes.some(({ change }) => change === 'delete')) ui.warn(OBSOLETE);
  for (const { kind, name, reason } of changes) if (reason) ui.warn(`kept the ${kind} ${name}: ${reason}`);
  if (flags.json) context.print(JSON.stringify(changes, null, 2));
  else for (const line of changes.flatMap(describeChange)) ui.result.line(line);
  if (!flags.dryRun) await warnOfDatasource(context, api, changes);
  const count = changes.filter(({ change }) => change !== 'none' && change !== 'keep').length;
  const done = flags.dryRun
    ? `would change ${count} of ${changes.length} resources; nothing was written`
    : `changed ${count} of ${changes.length} resources`;
  // With --json, stdout is for programs.
  if (flags.json) ui.note(`${url}: ${done}`);
  else ui.result.line(`${url}: ${done}`);
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
  const { name } = project;
  const scenarios = mergeTeam(await loadTeamScenarios(catalogueSetting(project, context, commandK6Reader(context))));
  const version = packageVersion(context.root);
  const source = datasource(influx, influx.tokens.grafana, ca);
  await requireSameInfluxdb(api, source, name);
  const tree = with_policy ? policy(name, await readPolicyTree(api), on.length > 0) : null;
  return [
    dashboardFolder(),
    alertFolder(name),
    source,
    ...dashboards(version),
    template(version),
    muteTiming(),
    ...contactPoints(name, on, (variable) => context.env[variable] ?? ''),
    ...(tree ? [tree] : []),
    ruleGroup(name, scenarios),
    ...obsoleteResources(tree?.wanted ?? null),
  ];
}

const OBSOLETE =
  'an earlier version of Loadstar pushed alerts for all projects into this Grafana, which this project takes over: other projects that use this Grafana have no alerts until they push with this version';

/** All projects share the data source. @throws LoadstarError (usage) if this push would point it to another InfluxDB */
async function requireSameInfluxdb(api: GrafanaApi, { wanted, read }: Resource, project: string): Promise<void> {
  const placeOf = (it: Json | null) => {
    const { url, jsonData } = it as { url?: string; jsonData?: { organization?: string } };
    return `${url}, organization ${jsonData?.organization}`;
  };
  const found = await read(api);
  if (!found || placeOf(found) === placeOf(wanted) || !(await hasOtherProjects(api, project))) return;
  throw usageError(
    `the InfluxDB of the other projects in this Grafana, ${placeOf(found)}`,
    placeOf(wanted),
    'set INFLUX_URL and INFLUX_ORG to that, or push to another Grafana, or to another organization of this one',
  );
}

const SIGN = { create: '+', change: '~', delete: '-', keep: '!', none: '=' } as const;
/** More changed paths of one resource say nothing new. */
const MOST_PATHS = 8;

function describeChange({ kind, name, change, paths }: Change): string[] {
  const more = paths.length > MOST_PATHS ? [`      and ${paths.length - MOST_PATHS} more`] : [];
  return [`  ${SIGN[change]} ${kind} ${name}`, ...paths.slice(0, MOST_PATHS).map((path) => `      ${path}`), ...more];
}
