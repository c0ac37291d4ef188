import { readdir, readFile, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { CHANNELS, type ChannelName, grafanaVariable, SMTP } from '../../contract/channels.ts';
import type { EnvName } from '../../contract/env.ts';
import { GRAFANA } from '../../contract/grafana.ts';
import { OWN_PROJECT } from '../../contract/project-name.ts';
import { SCENARIOS } from '../../contract/scenarios.ts';
import { UID_PREFIX } from '../../grafana/alerting/names.ts';
import { alertRules, contactPoints } from '../../grafana/generate.ts';
import { privateDirectory, readOptional, writePrivate } from '../../lib/private-files.ts';
import { readTeam } from '../../project/team-catalogue.ts';
import type { EngineContext } from './engine.ts';

type Env = EngineContext['env'];

/** The directory in the state directory that Grafana reads. */
export const PROVISIONING_DIR = 'provisioning';

/** Channels whose variables are all set. */
export function configuredChannels(env: Env): ChannelName[] {
  const names = Object.keys(CHANNELS) as ChannelName[];
  return names.filter((name) => CHANNELS[name].needs.every((variable) => env[variable]));
}

/** Channels of a Grafana that Loadstar starts. Without a Slack channel, Slack is the local inbox. */
export function activeChannels(env: Env): ChannelName[] {
  const on = configuredChannels(env);
  return on.some((name) => CHANNELS[name].type === 'slack') ? on : ['slack', ...on];
}

/** Whether alerts go to the local inbox. */
export function isInboxUsed(env: Env): boolean {
  return activeChannels(env).includes('slack') && !env.SLACK_WEBHOOK_URL;
}

/** Variables of the channels for the environment of Grafana. @param inbox_url as Grafana reaches the inbox */
export function channelVariables(env: Env, inbox_url: string): Readonly<Record<string, string>> {
  const wanted = new Set<EnvName>(activeChannels(env).flatMap((name) => Object.values(CHANNELS[name].settings)));
  const values = [...wanted].map((name) => [grafanaVariable(name), env[name] || inbox_url]);
  const smtp = Object.entries(SMTP).flatMap(([name, setting]) => (env[name] ? [[setting, env[name]]] : []));
  return {
    ...Object.fromEntries(values),
    ...Object.fromEntries(smtp),
    ...(env.SMTP_HOST ? { GF_SMTP_ENABLED: 'true' } : {}),
  };
}

export interface Provisioning {
  readonly directory: string;
  /** A running Grafana has to reload them: it reads alert rules only when it starts. */
  readonly rules_changed: boolean;
}

/**
 * Writes the generated files, with the active channels and alert rules from the SLOs of the team. Only changed files are
 * written, because a running Grafana reads them at any time.
 */
export async function writeProvisioning(context: EngineContext): Promise<Provisioning> {
  const directory = join(context.state_dir, PROVISIONING_DIR);
  await privateDirectory(context.state_dir);
  const files = await generateFiles(context, directory);
  let rules_changed = false;
  for (const [name, text] of files) {
    const file = join(directory, name);
    if ((await readOptional(file)) === text) continue;
    await writePrivate(file, text);
    rules_changed ||= name === RULES;
  }
  for (const name of await listFiles(directory)) {
    if (!files.has(name)) await rm(join(directory, name));
  }
  return { directory, rules_changed };
}

const CONTACT_POINTS = join('alerting', 'contact-points.yaml');
const RULES = join('alerting', 'rules.yaml');

async function generateFiles(context: EngineContext, directory: string): Promise<Map<string, string>> {
  const team = await readTeam(context.state_dir);
  const project = await context.readProjectName();
  const scenarios = { ...SCENARIOS, ...team };
  // Only the rules depend on the project and its SLOs. Generating them takes longer than reading the committed ones.
  const files = await readCommittedFiles(context.root);
  if (project !== OWN_PROJECT || Object.keys(team).length > 0) files.set(RULES, alertRules(project, scenarios));
  const earlier = findUids(await readOptional(join(directory, RULES)));
  const now = findUids(files.get(RULES) ?? null);
  const gone = earlier.filter((uid) => !now.includes(uid));
  if (gone.length > 0) files.set(RULES, alertRules(project, scenarios, gone));
  return files.set(CONTACT_POINTS, contactPoints(activeChannels(context.env)));
}

async function readCommittedFiles(root: string): Promise<Map<string, string>> {
  const source = join(root, GRAFANA.provisioning_dir);
  const read = async (name: string) => [name, await readFile(join(source, name), 'utf8')] as const;
  return new Map(await Promise.all((await listFiles(source)).map(read)));
}

/** Finds the uids of the rules in a file, including the deleted ones. */
function findUids(file: string | null): string[] {
  const uids = new RegExp(`\\buid: (${UID_PREFIX}-\\S+)`, 'g');
  return [...(file ?? '').matchAll(uids)].map(([, uid]) => uid as string);
}

async function listFiles(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)));
}
