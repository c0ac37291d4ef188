/** The only writer of grafana/provisioning/. */
import type { Dashboard, DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { stringify } from 'yaml';
import { BUCKETS, ORG } from '../contract/buckets.ts';
import type { ChannelName } from '../contract/channels.ts';
import { type DashboardKey, GRAFANA } from '../contract/grafana.ts';
import { SCENARIOS, type Scenarios } from '../contract/scenarios.ts';
import { contactPointFile, muteTimingFile, policyFile, templateFile } from './alerting/notifications.ts';
import { ruleFile } from './alerting/rules.ts';
import { built } from './builder/dashboard.ts';
import { LOADSTAR_SCHEMA } from './builder/schemas/loadstar.ts';
import { RAW_SCHEMA } from './builder/schemas/raw.ts';
import { compareDashboard } from './dashboards/compare/dashboard.ts';
import { liveDashboard } from './dashboards/live/dashboard.ts';
import { runbookDashboard } from './dashboards/runbook/dashboard.ts';
import { runsDashboard } from './dashboards/runs/dashboard.ts';
import { slosDashboard } from './dashboards/slos/dashboard.ts';

const BANNER = '# GENERATED from the code in grafana/ by `make generate`. Edit that, not this.\n';

/** Path below grafana/provisioning/ → content. @param scenarios of the project, whose SLOs have alert rules */
export function provisioningFiles(project: string, scenarios: Scenarios = SCENARIOS): Map<string, string> {
  const nothing = BANNER + stringify({ apiVersion: 1 });
  return new Map([
    ['datasources/loadstar.yaml', BANNER + stringify(datasources())],
    // Grafana logs an error for a directory that is missing.
    ['dashboards/loadstar.yaml', BANNER + stringify(dashboardProvider())],
    ...dashboardFiles(),
    ['alerting/rules.yaml', alertRules(project, scenarios)],
    ['alerting/contact-points.yaml', contactPoints(['slack'])],
    ['alerting/policies.yaml', BANNER + stringify(policyFile())],
    ['alerting/mute-timings.yaml', BANNER + stringify(muteTimingFile())],
    ['alerting/templates.yaml', BANNER + stringify(templateFile())],
    ['plugins/none.yaml', nothing],
  ]);
}

/** @param gone uids of rules that an earlier file had: Grafana keeps them unless it is told */
export function alertRules(project: string, scenarios: Scenarios, gone: readonly string[] = []): string {
  return BANNER + stringify(ruleFile(project, scenarios, gone));
}

/** What the channels that are on make of the contact point's file. */
export function contactPoints(on: readonly ChannelName[]): string {
  return BANNER + stringify(contactPointFile(on));
}

const DASHBOARDS = {
  live: () => liveDashboard(LOADSTAR_SCHEMA),
  live_raw: () => liveDashboard(RAW_SCHEMA),
  runs: runsDashboard,
  compare: compareDashboard,
  slos: slosDashboard,
  runbook: runbookDashboard,
} as const satisfies Record<DashboardKey, () => DashboardBuilder>;

function dashboardFiles(): [string, string][] {
  return (Object.keys(DASHBOARDS) as DashboardKey[]).map((key) => [
    `dashboards/${GRAFANA.dashboards[key].file}.json`,
    `${JSON.stringify(built(DASHBOARDS[key]()), null, 2)}\n`,
  ]);
}

/** All dashboards as Grafana's API takes them. */
export function dashboardModels(): Dashboard[] {
  return Object.values(DASHBOARDS).map((dashboard) => built(dashboard()));
}

/** Dashboards are files beside their provider; the interface cannot change them, and removed files go away. */
function dashboardProvider(): object {
  return {
    apiVersion: 1,
    providers: [
      {
        name: 'loadstar',
        folder: GRAFANA.folder,
        type: 'file',
        allowUiUpdates: false,
        disableDeletion: false,
        options: { path: `$${GRAFANA.variables.provisioning}/dashboards` },
      },
    ],
  };
}

/** Grafana's format: https://grafana.com/docs/grafana/latest/administration/provisioning/#data-sources */
function datasources(): object {
  const { influx_url, influx_token } = GRAFANA.variables;
  const model = datasourceModel({ url: `$${influx_url}`, org: ORG, token: `$${influx_token}` });
  // Ours alone: a Grafana of a team keeps the default that it has.
  return { apiVersion: 1, datasources: [{ ...model, isDefault: true, editable: false }] };
}

/** @param influx InfluxDB as Grafana reaches it */
export function datasourceModel({
  url,
  org,
  token,
}: {
  readonly url: string;
  readonly org: string;
  readonly token: string;
}) {
  const { datasource } = GRAFANA;
  return {
    name: datasource.name,
    uid: datasource.uid,
    type: 'influxdb',
    access: 'proxy',
    url,
    jsonData: { version: 'Flux', organization: org, defaultBucket: BUCKETS.live.name, httpMode: 'POST' },
    secureJsonData: { token },
  };
}
