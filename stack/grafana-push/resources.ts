/** The resources of a push in the format of Grafana's HTTP API, from the same code as the provisioning files. */
import { ALERTING } from '../../contract/alerting.ts';
import { CHANNELS, type Channel, type ChannelName } from '../../contract/channels.ts';
import type { EnvName } from '../../contract/env.ts';
import { GRAFANA } from '../../contract/grafana.ts';
import type { Scenarios } from '../../contract/scenarios.ts';
import { integration, muteTimingFile, policyFile, templateFile } from '../../grafana/alerting/notifications.ts';
import { ruleGroup as generateRuleGroup } from '../../grafana/alerting/rules.ts';
import { dashboardModels, datasourceModel } from '../../grafana/generate.ts';
import type { InfluxAccess } from '../engine/engine.ts';
import type { GrafanaApi, Json } from './api.ts';
import { insertBranch, type Route } from './policy.ts';

/** A resource in Grafana. */
export interface Resource {
  readonly kind: string;
  readonly name: string;
  readonly wanted: Json;
  /** It holds a secret that cannot be read back, so it is written each time. */
  readonly has_secret?: true;
  /** @returns null if it does not exist yet */
  read(api: GrafanaApi): Promise<Json | null>;
  /** @param found what was read */
  write(api: GrafanaApi, found: Json | null): Promise<void>;
}

const PROVISIONING = '/api/v1/provisioning';
const folder_uid = GRAFANA.folder_uid;

export function folder(): Resource {
  const wanted = { uid: folder_uid, title: GRAFANA.folder };
  const path = `/api/folders/${folder_uid}`;
  return {
    kind: 'folder',
    name: GRAFANA.folder,
    wanted,
    read: (api) => api.get(path),
    write: (api, found) =>
      found ? api.send('PUT', path, { ...wanted, overwrite: true }) : api.send('POST', '/api/folders', wanted),
  };
}

/** @param influx as Grafana reaches it, with a token that reads. @param ca the CA that its certificate needs */
export function datasource(influx: Pick<InfluxAccess, 'url' | 'org'>, token: string, ca: string | null): Resource {
  const { uid, name } = GRAFANA.datasource;
  const { secureJsonData: _, ...model } = datasourceModel({ url: influx.url, org: influx.org, token });
  const wanted = ca ? { ...model, jsonData: { ...model.jsonData, tlsAuthWithCACert: true } } : model;
  const path = `/api/datasources/uid/${uid}`;
  const body = { ...wanted, secureJsonData: { token, ...(ca ? { tlsCACert: ca } : {}) } };
  return {
    kind: 'data source',
    name,
    wanted,
    has_secret: true,
    read: (api) => api.get(path),
    // The team decides whether it is the default data source. Grafana makes the first one the default.
    write: (api, found) =>
      found
        ? api.send('PUT', path, { ...body, isDefault: found.isDefault })
        : api.send('POST', '/api/datasources', body),
  };
}

export function dashboards(): Resource[] {
  return dashboardModels().map((model) => ({
    kind: 'dashboard',
    name: model.title ?? '',
    // The models of the SDK hold functions, which JSON drops.
    wanted: JSON.parse(JSON.stringify(model)) as Json,
    read: async (api) => (await api.get<{ dashboard: Json }>(`/api/dashboards/uid/${model.uid}`))?.dashboard ?? null,
    write: (api) => {
      const body = { dashboard: { ...model, id: null }, folderUid: folder_uid, overwrite: true };
      return api.send('POST', '/api/dashboards/db', body);
    },
  }));
}

export function template(): Resource {
  const { templates } = templateFile() as { templates: { name: string; template: string }[] };
  const { name, template: text } = templates[0] ?? { name: '', template: '' };
  const path = `${PROVISIONING}/templates/${name}`;
  return {
    kind: 'message template',
    name,
    // Grafana trims the template.
    wanted: { template: text.trim() },
    read: async (api) => {
      const found = await api.get<{ template: string }>(path);
      return found && { ...found, template: found.template.trim() };
    },
    write: async (api) => await api.send('PUT', path, { template: text, version: '' }),
  };
}

export function muteTiming(): Resource {
  const { muteTimes } = muteTimingFile() as { muteTimes: { name: string; time_intervals: unknown }[] };
  const { name, time_intervals } = muteTimes[0] ?? { name: '', time_intervals: [] };
  const path = `${PROVISIONING}/mute-timings`;
  const wanted = { name, time_intervals };
  return {
    kind: 'mute timing',
    name,
    wanted,
    read: (api) => api.get(`${path}/${name}`),
    write: (api, found) => (found ? api.send('PUT', `${path}/${name}`, wanted) : api.send('POST', path, wanted)),
  };
}

/** @param secret value of a variable, because a push cannot refer to the environment of Grafana */
export function contactPoints(on: readonly ChannelName[], secret: (name: EnvName) => string): Resource[] {
  return on.map((channel): Resource => {
    const { settings, ...settled } = integration(channel);
    const values = Object.entries((CHANNELS[channel] as Channel).settings).map(([setting, variable]) => [
      setting,
      secret(variable),
    ]);
    const body = { name: ALERTING.receiver, ...settled, settings: { ...settings, ...Object.fromEntries(values) } };
    const path = `${PROVISIONING}/contact-points`;
    return {
      kind: 'contact point',
      name: `${ALERTING.receiver} (${channel})`,
      wanted: body,
      has_secret: true,
      read: async (api) => {
        const all = (await api.get<Json[]>(`${path}?name=${ALERTING.receiver}`)) ?? [];
        return all.find(({ uid }) => uid === settled.uid) ?? null;
      },
      write: (api, found) => (found ? api.send('PUT', `${path}/${settled.uid}`, body) : api.send('POST', path, body)),
    };
  });
}

/** @param tree of the team. @param has_receiver false: the alerts follow the team's own policy */
export function policy(tree: Route, has_receiver: boolean): Resource {
  const { policies } = policyFile() as { policies: { routes: Route[] }[] };
  const branch = policies[0]?.routes[0] as Route;
  const wanted = insertBranch(tree, has_receiver ? branch : removeReceivers(branch));
  return {
    kind: 'notification policy',
    name: `branch ${ALERTING.product.label} = ${ALERTING.product.value}`,
    wanted,
    read: async () => tree,
    write: (api) => api.send('PUT', `${PROVISIONING}/policies`, wanted),
  };
}

export async function readPolicyTree(api: GrafanaApi): Promise<Route> {
  return (await api.get<Route>(`${PROVISIONING}/policies`)) ?? {};
}

/** Removes the receivers, so that the branch inherits the receiver of its parent. */
function removeReceivers({ receiver: _, ...route }: Route): Route {
  return { ...route, ...(route.routes ? { routes: route.routes.map(removeReceivers) } : {}) };
}

/** The whole rule group. Writing it deletes obsolete rules. */
export function ruleGroup(scenarios: Scenarios): Resource {
  const { name, interval, rules } = generateRuleGroup(scenarios);
  const wanted = {
    title: name,
    folderUid: folder_uid,
    interval: Number.parseInt(interval, 10),
    rules: rules.map(({ dashboardUid, panelId, annotations, ...rule }) => ({
      ...rule,
      orgID: 1,
      folderUID: folder_uid,
      ruleGroup: name,
      annotations: { ...annotations, __dashboardUid__: dashboardUid, __panelId__: String(panelId) },
    })),
  };
  const path = `${PROVISIONING}/folder/${folder_uid}/rule-groups/${name}`;
  return {
    kind: 'alert rules',
    name,
    wanted,
    read: (api) => api.get(path),
    write: (api) => api.send('PUT', path, wanted),
  };
}
