/** The only writer of grafana/provisioning/. */
import { stringify } from 'yaml';
import { BUCKETS, ORG } from '../contract/buckets.ts';
import type { ChannelName } from '../contract/channels.ts';
import { GRAFANA } from '../contract/grafana.ts';
import { contactPointFile, muteTimingFile, policyFile, templateFile } from './alerting/notifications.ts';
import { ruleFile } from './alerting/rules.ts';
import { compareDashboard } from './dashboards/compare/dashboard.ts';
import { liveDashboard } from './dashboards/live/dashboard.ts';
import { runsDashboard } from './dashboards/runs/dashboard.ts';
import { slosDashboard } from './dashboards/slos/dashboard.ts';
import { built } from './lib/dashboard.ts';
import { LOADSTAR_SCHEMA } from './lib/schemas/loadstar.ts';
import { RAW_SCHEMA } from './lib/schemas/raw.ts';

const BANNER = '# GENERATED from the code in grafana/ by `make generate`. Edit that, not this.\n';

/** Path below grafana/provisioning/ → content. */
export function provisioningFiles(): Map<string, string> {
  const nothing = BANNER + stringify({ apiVersion: 1 });
  return new Map([
    ['datasources/loadstar.yaml', BANNER + stringify(datasources())],
    // Grafana logs an error for a directory that is missing.
    ['dashboards/loadstar.yaml', BANNER + stringify(dashboardProvider())],
    ...dashboardFiles(),
    ['alerting/rules.yaml', BANNER + stringify(ruleFile())],
    ['alerting/contact-points.yaml', contactPoints(['slack'])],
    ['alerting/policies.yaml', BANNER + stringify(policyFile())],
    ['alerting/mute-timings.yaml', BANNER + stringify(muteTimingFile())],
    ['alerting/templates.yaml', BANNER + stringify(templateFile())],
    ['plugins/none.yaml', nothing],
  ]);
}

/** What the channels that are on make of the contact point's file. */
export function contactPoints(on: readonly ChannelName[]): string {
  return BANNER + stringify(contactPointFile(on));
}

function dashboardFiles(): [string, string][] {
  const { live, live_raw, runs, compare, slos } = GRAFANA.dashboards;
  const dashboards = [
    [live.file, liveDashboard(LOADSTAR_SCHEMA)],
    [live_raw.file, liveDashboard(RAW_SCHEMA)],
    [runs.file, runsDashboard()],
    [compare.file, compareDashboard()],
    [slos.file, slosDashboard()],
  ] as const;
  return dashboards.map(([file, dashboard]) => [
    `dashboards/${file}.json`,
    `${JSON.stringify(built(dashboard), null, 2)}\n`,
  ]);
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
  const { datasource, variables } = GRAFANA;
  return {
    apiVersion: 1,
    datasources: [
      {
        name: datasource.name,
        uid: datasource.uid,
        type: 'influxdb',
        access: 'proxy',
        url: `$${variables.influx_url}`,
        isDefault: true,
        editable: false,
        jsonData: { version: 'Flux', organization: ORG, defaultBucket: BUCKETS.live.name, httpMode: 'POST' },
        secureJsonData: { token: `$${variables.influx_token}` },
      },
    ],
  };
}
