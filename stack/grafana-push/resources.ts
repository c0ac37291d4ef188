/** The resources of a push in the format of Grafana's HTTP API, from the same code as the provisioning files. */
import { gt } from 'semver';
import { ALERTING } from '../../contract/alerting.ts';
import { CHANNELS, type Channel, type ChannelName } from '../../contract/channels.ts';
import type { EnvName } from '../../contract/env.ts';
import { GRAFANA } from '../../contract/grafana.ts';
import type { Scenarios } from '../../contract/scenarios.ts';
import { projectReceiver, ruleFolder } from '../../grafana/alerting/names.ts';
import {
  integration,
  muteTimingFile,
  policyBranch,
  projectMatchers,
  templateFile,
} from '../../grafana/alerting/notifications.ts';
import { ruleGroup as generateRuleGroup } from '../../grafana/alerting/rules.ts';
import { dashboardModels, datasourceModel } from '../../grafana/generate.ts';
import type { InfluxAccess } from '../engine/engine.ts';
import type { GrafanaApi, Json } from './api.ts';
import { insertBranch, type Route, sendsTo } from './policy.ts';

/** A resource in Grafana. */
export interface Resource {
  readonly kind: string;
  readonly name: string;
  /** null: it is to be deleted. */
  readonly wanted: Json | null;
  /** It holds a secret that cannot be read back, so it is written each time. */
  readonly has_secret?: true;
  /** @returns null if it does not exist */
  read(api: GrafanaApi): Promise<Json | null>;
  /** @param found what was read */
  write(api: GrafanaApi, found: Json | null): Promise<void>;
  /** Why what was read stays as it is; null: it may be changed. */
  keep?(found: Json): string | null;
}

const PROVISIONING = '/api/v1/provisioning';
const folder_uid = GRAFANA.folder_uid;

const FROM_FILE = 'Grafana provisions it from a file';

/** The folder of the dashboards, which all projects share. */
export function dashboardFolder(): Resource {
  return folder(folder_uid, GRAFANA.folder);
}

/** The folder of the project's alert rules. */
export function alertFolder(project: string): Resource {
  const { uid, title } = ruleFolder(project);
  return folder(uid, title);
}

function folder(uid: string, title: string): Resource {
  const wanted = { uid, title };
  const path = `/api/folders/${uid}`;
  return {
    kind: 'folder',
    name: title,
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
    keep: ({ readOnly }) => (readOnly === true ? FROM_FILE : null),
    // The team decides whether it is the default data source. Grafana makes the first one the default.
    write: (api, found) =>
      found
        ? api.send('PUT', path, { ...body, isDefault: found.isDefault })
        : api.send('POST', '/api/datasources', body),
  };
}

/** Of other projects of this Grafana: their folders begin like ours. */
export async function hasOtherProjects(api: GrafanaApi, project: string): Promise<boolean> {
  const folders = (await api.get<{ uid: string }[]>('/api/folders?limit=1000')) ?? [];
  return folders.some(({ uid }) => uid.startsWith(`${folder_uid}-`) && uid !== ruleFolder(project).uid);
}

/** Dashboards and message template are the code of a version, which all projects share: the newest stays. */
function keptVersion(found: string | undefined, version: string): string | null {
  return found !== undefined && gt(found, version)
    ? `Loadstar ${found} pushed it, and this is ${version}: upgrade Loadstar, or delete it in Grafana and push again`
    : null;
}

/** A hidden constant of a dashboard, so that Grafana keeps it. */
const VERSION_VARIABLE = 'loadstar_version';

interface PushedDashboard extends Json {
  readonly templating?: { readonly list?: readonly { readonly name?: string; readonly query?: unknown }[] };
}

/** @param version of Loadstar */
export function dashboards(version: string): Resource[] {
  const current = { text: version, value: version };
  const constant = { name: VERSION_VARIABLE, type: 'constant', hide: 2, skipUrlSync: true, query: version, current };
  return dashboardModels().map(({ templating, ...rest }) => {
    const model = { ...rest, templating: { list: [...(templating?.list ?? []), constant] } };
    return {
      kind: 'dashboard',
      name: model.title ?? '',
      // The models of the SDK hold functions, which JSON drops.
      wanted: JSON.parse(JSON.stringify(model)) as Json,
      read: async (api) => {
        const found = await api.get<{ dashboard: Json; meta: Json }>(`/api/dashboards/uid/${model.uid}`);
        return found && { ...found.dashboard, is_provisioned: found.meta.provisioned };
      },
      keep: (found) => {
        if (found.is_provisioned === true) return FROM_FILE;
        const { list = [] } = (found as PushedDashboard).templating ?? {};
        const by = list.find(({ name }) => name === VERSION_VARIABLE)?.query;
        return keptVersion(typeof by === 'string' ? by : undefined, version);
      },
      write: (api) => {
        const body = { dashboard: { ...model, id: null }, folderUid: folder_uid, overwrite: true };
        return api.send('POST', '/api/dashboards/db', body);
      },
    };
  });
}

/** @param version of Loadstar */
export function template(version: string): Resource {
  const { templates } = templateFile() as { templates: { name: string; template: string }[] };
  const { name, template: text } = templates[0] ?? { name: '', template: '' };
  // Grafana trims the template.
  const wanted = `{{/* Loadstar ${version} */}}\n${text.trim()}`;
  const path = `${PROVISIONING}/templates/${name}`;
  return {
    kind: 'message template',
    name,
    wanted: { template: wanted },
    read: async (api) => {
      const found = await api.get<{ template: string }>(path);
      return found && { ...found, template: found.template.trim() };
    },
    keep: ({ provenance, template: found }) => {
      if (provenance) return FROM_FILE;
      return keptVersion(/^\{\{\/\* Loadstar (\d\S+) \*\/\}\}/.exec(String(found))?.[1], version);
    },
    write: async (api) => await api.send('PUT', path, { template: wanted, version: '' }),
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

const CONTACT_POINTS = `${PROVISIONING}/contact-points`;

async function readContactPoint(api: GrafanaApi, name: string, uid: string): Promise<Json | null> {
  const all = (await api.get<Json[]>(`${CONTACT_POINTS}?name=${name}`)) ?? [];
  return all.find((it) => it.uid === uid) ?? null;
}

/**
 * The channels of the project, as integrations of its contact point.
 * @param secret value of a variable, because a push cannot refer to the environment of Grafana
 */
export function contactPoints(
  project: string,
  on: readonly ChannelName[],
  secret: (name: EnvName) => string,
): Resource[] {
  const receiver = projectReceiver(project);
  return on.map((channel): Resource => {
    const { settings, ...settled } = integration(channel, receiver);
    const values = Object.entries((CHANNELS[channel] as Channel).settings).map(([setting, variable]) => [
      setting,
      secret(variable),
    ]);
    const body = { name: receiver, ...settled, settings: { ...settings, ...Object.fromEntries(values) } };
    return {
      kind: 'contact point',
      name: `${receiver} (${channel})`,
      wanted: body,
      has_secret: true,
      read: (api) => readContactPoint(api, receiver, settled.uid),
      write: (api, found) =>
        found ? api.send('PUT', `${CONTACT_POINTS}/${settled.uid}`, body) : api.send('POST', CONTACT_POINTS, body),
    };
  });
}

/** @param tree of the team. @param has_receiver false: the alerts follow the team's own policy */
export function policy(project: string, tree: Route, has_receiver: boolean): Resource {
  const matchers = projectMatchers(project);
  const branch: Route = { ...policyBranch(projectReceiver(project), matchers) };
  const wanted = insertBranch(tree, has_receiver ? branch : removeReceivers(branch), project);
  return {
    kind: 'notification policy',
    name: `branch ${matchers.map((it) => it.join(' ')).join(', ')}`,
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

/** The rule group of the project, whole. Writing it deletes obsolete rules. */
export function ruleGroup(project: string, scenarios: Scenarios): Resource {
  const { uid: folderUID } = ruleFolder(project);
  const { name, interval, rules } = generateRuleGroup(project, scenarios);
  const wanted = {
    title: name,
    folderUid: folderUID,
    interval: Number.parseInt(interval, 10),
    rules: rules.map(({ dashboardUid, panelId, annotations, ...rule }) => ({
      ...rule,
      orgID: 1,
      folderUID,
      ruleGroup: name,
      annotations: { ...annotations, __dashboardUid__: dashboardUid, __panelId__: String(panelId) },
    })),
  };
  const path = ruleGroupPath(folderUID, name);
  return {
    kind: 'alert rules',
    name,
    wanted,
    read: (api) => api.get(path),
    write: (api) => api.send('PUT', path, wanted),
  };
}

function ruleGroupPath(folder: string, group: string): string {
  return `${PROVISIONING}/folder/${folder}/rule-groups/${group}`;
}

/** What versions without projects pushed, in one set for all teams: it would notify of the runs of all of them. */
export const WITHOUT_PROJECT = 'without a project';

/** @param tree as it is written; null: it is not, and the contact point may be in use */
export function obsoleteResources(tree: Route | null): Resource[] {
  const removal = (kind: string, name: string, path: string, read: Resource['read']): Resource => ({
    kind,
    name: `${name} (${WITHOUT_PROJECT})`,
    wanted: null,
    read,
    write: (api) => api.remove(path),
  });
  const path = ruleGroupPath(folder_uid, ALERTING.group);
  const rules = removal('alert rules', ALERTING.group, path, (api) => api.get(path));
  const { receiver } = ALERTING;
  if (!tree || sendsTo(tree, receiver)) return [rules];
  const points = (Object.keys(CHANNELS) as ChannelName[]).map((channel) => {
    const { uid } = integration(channel, receiver);
    return removal('contact point', `${receiver} (${channel})`, `${CONTACT_POINTS}/${uid}`, (api) =>
      readContactPoint(api, receiver, uid),
    );
  });
  return [rules, ...points];
}
