import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../../lib/command.ts';
import { parseJson } from '../../lib/json.ts';
import { readJson, writePrivate } from '../../lib/private-files.ts';
import type { EngineContext } from '../engine/engine.ts';
import { digest, type Settings } from '../engine/settings.ts';
import { decideRestart } from '../state/decide-restart.ts';
import { COMPOSE_FILE, type ComposeEnv, runCompose } from './compose.ts';
import { requirePorts } from './ports.ts';

/** In the state directory: the containers of the last start, and a digest of all that they were started with. */
export const STARTED_FILE = 'docker-started.json';
/** On the container of Grafana (docker-compose.yml): its settings as JSON. */
const SETTINGS_LABEL = 'loadstar.settings';

type Started = Readonly<Record<string, { readonly digest: string; readonly containers: readonly string[] }>>;

interface Services {
  /** For the step that the user sees. */
  readonly title: string;
  readonly names: readonly string[];
  /** What they read from files, which compose does not compare. */
  readonly inputs: readonly string[];
}

/**
 * Starts services, and waits until they are healthy. `docker compose up` takes about a second even if there is nothing to
 * do, so it is left out if the containers of the last start are healthy and would be started in the same way.
 */
export async function ensureServices(
  context: EngineContext,
  env: ComposeEnv,
  { title, names, inputs }: Services,
  key: string,
): Promise<void> {
  const compose_text = await readFile(join(context.root, COMPOSE_FILE), 'utf8');
  const variables = [...compose_text.matchAll(/\$\{(\w+)/g)].map(([, name = '']) => [name, env[name]]);
  const now = digest(key, JSON.stringify([compose_text, variables, inputs]));
  const file = join(context.state_dir, STARTED_FILE);
  const group = names.join(' ');
  const before = (await readJson<Started>(file))?.[group];
  if (before?.digest === now && (await areHealthy(context, env, before.containers))) return;

  await requirePorts(context, env);
  await context.ui.step(`starting ${title}`, () =>
    runCompose(context, ['up', '--detach', '--no-build', '--wait', ...names], env),
  );
  const containers = (await runCompose(context, ['ps', '--quiet', ...names], env)).split('\n').filter(Boolean);
  // Read again: another group may have been started in between.
  const all = (await readJson<Started>(file)) ?? {};
  await writePrivate(file, `${JSON.stringify({ ...all, [group]: { digest: now, containers } })}\n`);
}

async function areHealthy(context: EngineContext, env: ComposeEnv, ids: readonly string[]): Promise<boolean> {
  if (ids.length === 0) return false;
  const { ok, stdout } = await runCommand('docker', ['inspect', '--format', '{{.State.Health.Status}}', ...ids], {
    env,
    signal: context.signal,
  });
  return (
    ok &&
    stdout
      .trim()
      .split('\n')
      .every((status) => status === 'healthy')
  );
}

/**
 * Whether Grafana keeps running as it is although its settings have changed. Otherwise compose replaces its container, on
 * which the earlier ones are.
 */
export async function isRestartPostponed(context: EngineContext, env: ComposeEnv, wanted: Settings): Promise<boolean> {
  const format = `{{.State.Running}} {{index .Config.Labels "${SETTINGS_LABEL}"}}`;
  const container = `${env.COMPOSE_PROJECT_NAME}-grafana-1`;
  const { stdout } = await runCommand('docker', ['inspect', '--format', format, container], { env });
  const [, label = ''] = /^true (.*)$/.exec(stdout.trim()) ?? [];
  const present = parseJson(label) as Settings | undefined;
  return present !== undefined && (await decideRestart(context, present, wanted)) === 'postpone';
}
