/** Where a person reads the report of a run that a Job in Kubernetes has judged: its files go with its pod. */
import { ORG } from '../../contract/buckets.ts';
import { K8S_SECRETS, K8S_SERVICES } from '../../contract/k8s.ts';
import { COMMAND } from '../../contract/package-name.ts';
import type { RunSummary } from '../../contract/results.ts';

export interface ElsewhereSetting {
  readonly namespace: string;
  /** The InfluxDB of the Job, as its pod reaches it. */
  readonly influx: { readonly url: string; readonly org: string };
}

/** Commands for a shell on any machine with kubectl: they write the files and the page of the run there. */
export function reportCommands(testid: string, { namespace, influx }: ElsewhereSetting): string[] {
  const { influxdb } = K8S_SERVICES;
  const kubectl = `kubectl --namespace ${namespace}`;
  const is_service = serviceOf(influx.url) === influxdb.name;
  const url = is_service ? `http://127.0.0.1:${influxdb.port}` : influx.url;
  const { tokens } = K8S_SECRETS;
  const token = `"$(${kubectl} get secret ${tokens.name} --output jsonpath='{.data.cli}' | base64 --decode)"`;
  const org = influx.org === ORG ? '' : ` INFLUX_ORG=${influx.org}`;
  return [
    ...(is_service ? [`${kubectl} port-forward service/${influxdb.name} ${influxdb.port} &`] : []),
    `ENGINE=external INFLUX_URL=${url}${org} INFLUX_TOKEN=${token} ${COMMAND} report ${testid}`,
  ];
}

/** Where the link to Grafana leads nowhere outside of the cluster; null: it is an address for people. */
export function linkNote({ links }: RunSummary, namespace: string): string | null {
  const { grafana } = K8S_SERVICES;
  if (!links.grafana || serviceOf(links.grafana) !== grafana.name) return null;
  const forward = `kubectl --namespace ${namespace} port-forward service/${grafana.name} ${grafana.port}`;
  return `${grafana.name} is a name inside the cluster: \`${forward}\` and open it at http://127.0.0.1:${grafana.port}, or set PUBLIC_GRAFANA_URL for \`${COMMAND} k8s\``;
}

/** The first label of the host, which for an address inside a cluster names the Service. */
function serviceOf(url: string): string {
  return URL.canParse(url) ? (new URL(url).hostname.split('.')[0] ?? '') : '';
}
