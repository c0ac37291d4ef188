import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runCommand } from '../../lib/command.ts';
import { unusableError } from '../../lib/errors.ts';
import { isReachable } from '../../lib/http.ts';
import { parseJson } from '../../lib/json.ts';
import { readJson, writePrivate } from '../../lib/private-files.ts';
import type { EngineContext } from '../engine/engine.ts';
import { digest, type Settings } from '../engine/settings.ts';
import { COMPOSE_FILE, type ComposeEnv, runCompose } from './compose.ts';
import { createNetworkOnce } from './create-network.ts';
import { requirePorts } from './ports.ts';

/** In the state directory: the containers of the last start, and a digest of all that they were started with. */
export const STARTED_FILE = 'docker-started.json';
/** On the container of Grafana (docker-compose.yml): its settings as JSON. */
const SETTINGS_LABEL = 'loadstar.settings';

const POLL_MS = 100;
/** The first start of Grafana creates its database. */
const START_TIMEOUT_MS = 120_000;
/** Docker restarts a container that ends: one that ends again and again never becomes ready. */
const MOST_RESTARTS = 2;
const LOG_LINES = '8';

type Started = Readonly<Record<string, { readonly digest: string; readonly containers: readonly string[] }>>;

interface Services {
  /** For the step that the user sees. */
  readonly title: string;
  readonly names: readonly string[];
  /** What they read from files, which compose does not compare. */
  readonly inputs: readonly string[];
  /** Addresses on this machine that answer with success when they are ready. */
  readonly health_urls: readonly string[];
}

/**
 * Starts services, and waits until they are healthy. `docker compose up` takes about a second even if there is nothing to
 * do, so it is left out if the containers of the last start are healthy and would be started in the same way.
 * @throws LoadstarError (unusable) if a port is taken, or a service ends or is not ready in time
 */
export async function ensureServices(
  context: EngineContext,
  env: ComposeEnv,
  services: Services,
  key: string,
): Promise<void> {
  const { title, names, inputs, health_urls } = services;
  const compose_text = await readFile(join(context.root, COMPOSE_FILE), 'utf8');
  const variables = [...compose_text.matchAll(/\$\{(\w+)/g)].map(([, name = '']) => [name, env[name]]);
  const now = digest(key, JSON.stringify([compose_text, variables, inputs]));
  const file = join(context.state_dir, STARTED_FILE);
  const group = names.join(' ');
  const before = (await readJson<Started>(file))?.[group];
  if (before?.digest === now && (await areRunning(context, env, before.containers)) && (await areReady(health_urls))) {
    return;
  }

  await requirePorts(context, env);
  const start = async () => {
    await runCompose(context, ['up', '--detach', '--no-build', ...names], env);
    const ids = (await runCompose(context, ['ps', '--quiet', ...names], env)).split('\n').filter(Boolean);
    await untilReady(context, env, services, ids);
    return ids;
  };
  const containers = await createNetworkOnce(context, env, () => context.ui.step(`starting ${title}`, start));
  // Read again: another group may have been started in between.
  const all = (await readJson<Started>(file)) ?? {};
  await writePrivate(file, `${JSON.stringify({ ...all, [group]: { digest: now, containers } })}\n`);
}

async function areReady(urls: readonly string[]): Promise<boolean> {
  return (await Promise.all(urls.map(isReachable))).every(Boolean);
}

async function untilReady(
  context: EngineContext,
  env: ComposeEnv,
  { title, names, health_urls }: Services,
  containers: readonly string[],
): Promise<void> {
  const deadline_ms = performance.now() + START_TIMEOUT_MS;
  while (!(await areReady(health_urls))) {
    const states = await inspect(context, env, '{{.RestartCount}} {{.State.Status}}', containers);
    const ended = states.some((it) => it.includes('exited') || Number.parseInt(it, 10) >= MOST_RESTARTS);
    if (ended || performance.now() > deadline_ms) {
      const log = await runCompose(context, ['logs', '--no-color', '--tail', LOG_LINES, ...names], env);
      const found = ended ? 'it ended' : `no answer in ${START_TIMEOUT_MS / 1_000} s`;
      throw unusableError(
        `${title} to start`,
        `${found}; the end of its log:\n    ${log.trimEnd().split('\n').join('\n    ')}`,
        `see \`docker compose -p ${env.COMPOSE_PROJECT_NAME} logs\``,
      );
    }
    await sleep(POLL_MS, undefined, { signal: context.signal }).catch(() => context.signal.throwIfAborted());
  }
}

async function areRunning(context: EngineContext, env: ComposeEnv, ids: readonly string[]): Promise<boolean> {
  if (ids.length === 0) return false;
  return (await inspect(context, env, '{{.State.Running}}', ids)).every((running) => running === 'true');
}

/** @returns a line for each container, or one that is empty if one does not exist */
async function inspect(
  { signal }: EngineContext,
  env: ComposeEnv,
  format: string,
  ids: readonly string[],
): Promise<string[]> {
  const { ok, stdout } = await runCommand('docker', ['inspect', '--format', format, ...ids], { env, signal });
  return ok ? stdout.trim().split('\n') : [''];
}

export interface RunningGrafana {
  /** When it was started: another time is another start, also of the same container. */
  readonly started: string;
  readonly settings: Settings | undefined;
}

/** @returns null if the Grafana of the project does not run */
export async function findRunningGrafana(env: ComposeEnv): Promise<RunningGrafana | null> {
  const format = `{{.State.Running}} {{.State.StartedAt}} {{index .Config.Labels "${SETTINGS_LABEL}"}}`;
  const container = `${env.COMPOSE_PROJECT_NAME}-grafana-1`;
  const { stdout } = await runCommand('docker', ['inspect', '--format', format, container], { env });
  const [, started, label = ''] = /^true (\S+) ?(.*)$/.exec(stdout.trim()) ?? [];
  return started === undefined ? null : { started, settings: parseJson(label) as Settings | undefined };
}
