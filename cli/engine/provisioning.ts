import { readdir, readFile, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { CHANNELS, type ChannelName, grafanaVariable, SMTP } from '../../contract/channels.ts';
import type { EnvName } from '../../contract/env.ts';
import { GRAFANA } from '../../contract/grafana.ts';
import { contactPoints } from '../../grafana/generate.ts';
import { privateDirectory, readOptional, writePrivate } from '../lib/private-files.ts';
import type { EngineContext } from './engine.ts';

type Env = EngineContext['env'];

/** In the state directory: what Grafana reads. */
export const PROVISIONING_DIR = 'provisioning';

/** Channels that have all they need. */
export function inUse(env: Env): ChannelName[] {
  const names = Object.keys(CHANNELS) as ChannelName[];
  return names.filter((name) => CHANNELS[name].needs.every((variable) => env[variable]));
}

/** Those of a Grafana of ours: where no Slack is among them, Slack is the local inbox. */
export function channelsOn(env: Env): ChannelName[] {
  const on = inUse(env);
  return on.some((name) => CHANNELS[name].type === 'slack') ? on : ['slack', ...on];
}

/** Whether alerts go to the local inbox. */
export function inboxIsUsed(env: Env): boolean {
  return channelsOn(env).includes('slack') && !env.SLACK_WEBHOOK_URL;
}

/** The variables that the channels take, for Grafana's environment. @param inbox_url as Grafana reaches the inbox */
export function channelVariables(env: Env, inbox_url: string): Readonly<Record<string, string>> {
  const wanted = new Set<EnvName>(channelsOn(env).flatMap((name) => Object.values(CHANNELS[name].settings)));
  const values = [...wanted].map((name) => [grafanaVariable(name), env[name] || inbox_url]);
  const smtp = Object.entries(SMTP).flatMap(([name, setting]) => (env[name] ? [[setting, env[name]]] : []));
  return {
    ...Object.fromEntries(values),
    ...Object.fromEntries(smtp),
    ...(env.SMTP_HOST ? { GF_SMTP_ENABLED: 'true' } : {}),
  };
}

/**
 * The generated files, with the contact point of the channels that are on. A Grafana that runs reads them all the time:
 * only what differs is written, and nothing is missing in between.
 * @returns the directory
 */
export async function writeProvisioning(context: EngineContext): Promise<string> {
  const directory = join(context.state_dir, PROVISIONING_DIR);
  const source = join(context.root, GRAFANA.provisioning_dir);
  const names = await filesBelow(source);
  await privateDirectory(context.state_dir);
  for (const name of names) {
    const text =
      name === CONTACT_POINTS ? contactPoints(channelsOn(context.env)) : await readFile(join(source, name), 'utf8');
    const file = join(directory, name);
    if ((await readOptional(file)) !== text) await writePrivate(file, text);
  }
  for (const name of await filesBelow(directory)) {
    if (!names.includes(name)) await rm(join(directory, name));
  }
  return directory;
}

const CONTACT_POINTS = join('alerting', 'contact-points.yaml');

async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)));
}
