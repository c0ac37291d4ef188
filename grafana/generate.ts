/** The only writer of grafana/provisioning/. */
import { stringify } from 'yaml';
import { BUCKETS, ORG } from '../contract/buckets.ts';
import { GRAFANA } from '../contract/grafana.ts';
import { contactPointFile, policyFile, templateFile } from './alerting/notifications.ts';
import { ruleFile } from './alerting/rules.ts';
import { liveDashboard } from './dashboards/live/dashboard.ts';

const BANNER = '# GENERATED from the code in grafana/ by `make generate`. Edit that, not this.\n';

/** Path below grafana/provisioning/ → content. */
export function provisioningFiles(): Map<string, string> {
  const nothing = BANNER + stringify({ apiVersion: 1 });
  return new Map([
    ['datasources/loadstar.yaml', BANNER + stringify(datasources())],
    // Grafana logs an error for a directory that is missing.
    ['dashboards/loadstar.yaml', BANNER + stringify(dashboardProvider())],
    ['dashboards/live.json', `${JSON.stringify(liveDashboard().build(), null, 2)}\n`],
    ['alerting/rules.yaml', BANNER + stringify(ruleFile())],
    ['alerting/contact-points.yaml', BANNER + stringify(contactPointFile())],
    ['alerting/policies.yaml', BANNER + stringify(policyFile())],
    ['alerting/templates.yaml', BANNER + stringify(templateFile())],
    ['plugins/none.yaml', nothing],
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
