import { Command } from 'commander';
import { EXIT } from '../../contract/exit-codes.ts';
import { GRAFANA } from '../../contract/grafana.ts';
import type { CommandContext } from '../../lib/context.ts';
import { messageOf, usageError } from '../../lib/errors.ts';
import { proxyRules } from '../../lib/proxies.ts';
import { loadProject } from '../../project/project.ts';
import { settingOf, teamScenarios, withTeam } from '../../project/team-catalogue.ts';
import { inUse } from '../../stack/engine/provisioning.ts';
import { influxAccess } from '../../stack/external/access.ts';
import { GrafanaApi } from '../../stack/grafana-push/api.ts';
import { datasourceCa } from '../../stack/grafana-push/datasource-ca.ts';
import { apply, type Change, compare } from '../../stack/grafana-push/push.ts';
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
} from '../../stack/grafana-push/resources.ts';
import type { CommandFactory } from './lib/command-factory.ts';

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
  const api = new GrafanaApi({ url, token }, proxyRules(context.env));
  const steps = await compare(api, await allResources(context, api, flags.policy));
  if (!flags.dryRun) await apply(api, steps);
  const changes = steps.map(({ change }) => change);
  if (flags.json) context.print(JSON.stringify(changes, null, 2));
  else for (const line of changes.flatMap(lines)) ui.line(line);
  if (!flags.dryRun) await warnOfDatasource(context, api, changes);
  const count = changes.filter(({ change }) => change !== 'none').length;
  const done = flags.dryRun
    ? `would change ${count} of ${changes.length}; nothing was written`
    : `changed ${count} of ${changes.length}`;
  ui.line(`${url}: ${done}`);
}

/** Grafana asks with what it knew of a data source up to 5 s ago (12.2; found by asking). */
const STALE_MS = 6_000;

/** All may be in its place and every panel empty: Grafana itself has to reach InfluxDB. */
async function warnOfDatasource(
  { ui, env }: CommandContext,
  api: GrafanaApi,
  changes: readonly Change[],
): Promise<void> {
  const changed = changes.some(({ kind, change }) => kind === 'data source' && change === 'change');
  if (changed) await new Promise((done) => setTimeout(done, STALE_MS));
  try {
    await api.get(`/api/datasources/uid/${GRAFANA.datasource.uid}/health`);
  } catch (error) {
    const { found } = error as { found?: string };
    ui.warn(
      `Grafana cannot read InfluxDB at ${influxAccess(env).url} (${found ?? messageOf(error)}): INFLUX_URL has to be the address that ` +
        'Grafana reaches, INFLUX_TOKEN one that reads, INFLUX_ORG its organisation',
    );
  }
}

async function allResources(context: CommandContext, api: GrafanaApi, with_policy: boolean): Promise<Resource[]> {
  const influx = influxAccess(context.env);
  const ca = await datasourceCa(context.env, influx);
  const on = inUse(context.env);
  if (on.length === 0) {
    context.ui.note('no channel is set (docs/grafana.md): alerts go where those of your own policy go');
  }
  const project = await loadProject(context, undefined);
  const scenarios = withTeam(await teamScenarios(settingOf(project, context)));
  return [
    folder(),
    datasource(influx, influx.tokens.grafana, ca),
    ...dashboards(scenarios),
    template(),
    muteTiming(),
    ...contactPoints(on, (name) => context.env[name] ?? ''),
    ...(with_policy ? [policy(await policyTree(api), on.length > 0)] : []),
    ruleGroup(scenarios),
  ];
}

const SIGN = { create: '+', change: '~', none: '=' } as const;
/** So many paths of one thing are enough to see what it is about. */
const MOST_PATHS = 8;

function lines({ kind, name, change, paths }: Change): string[] {
  const more = paths.length > MOST_PATHS ? [`      and ${paths.length - MOST_PATHS} more`] : [];
  return [`  ${SIGN[change]} ${kind} ${name}`, ...paths.slice(0, MOST_PATHS).map((path) => `      ${path}`), ...more];
}
