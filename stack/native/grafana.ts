import { join } from 'node:path';
import {
  GRAFANA,
  GRAFANA_ADMIN,
  GRAFANA_SETTINGS,
  GRAFANA_SWITCHES,
  grafanaSwitches,
  HOME_DASHBOARD,
} from '../../contract/grafana.ts';
import { LOOPBACK } from '../../contract/ports.ts';
import { isReachable } from '../../lib/http.ts';
import { privateDirectory } from '../../lib/private-files.ts';
import { findProgram, isExecutable } from '../binaries/which.ts';
import type { EngineContext, InfluxAccess } from '../engine/engine.ts';
import { channelVariables, writeProvisioning } from '../engine/provisioning.ts';
import { reloadRules } from '../engine/reload-rules.ts';
import { ensureGrafanaPassword } from '../engine/secrets.ts';
import { digest, grafanaSettings, INFLUX_TOKEN_SETTING } from '../engine/settings.ts';
import { decideRestart } from '../state/decide-restart.ts';
import { inboxWebhook } from './inbox.ts';
import { ensureService, findRunningPid, findRunningSettings, type ServiceSpec, stopService } from './service.ts';

/** The first start migrates the database, which takes 30 s on a slow disk. */
const START_TIMEOUT_MS = 120_000;

interface GrafanaBinary {
  readonly program: string;
  /** Directory of its assets; null: Grafana finds them itself. */
  readonly home: string | null;
}

/** Finds Grafana in GRAFANA_HOME or on PATH. @returns null if there is none */
export async function findGrafana(env: EngineContext['env']): Promise<GrafanaBinary | null> {
  const home = env.GRAFANA_HOME;
  if (home) {
    const program = join(home, 'bin', 'grafana');
    return (await isExecutable(program)) ? { program, home } : null;
  }
  const program = await findProgram('grafana', env);
  return program ? { program, home: await findPackagedHome(program) } : null;
}

/** The packages of Debian and Red Hat keep the assets here. */
const PACKAGED_HOME = '/usr/share/grafana';

async function findPackagedHome(program: string): Promise<string | null> {
  return program.startsWith('/usr/') ? PACKAGED_HOME : null;
}

/** Describes what is missing. */
export function describeMissingGrafana(env: EngineContext['env']): string {
  return env.GRAFANA_HOME
    ? `no Grafana: GRAFANA_HOME=${env.GRAFANA_HOME} has no bin/grafana`
    : 'no Grafana: download it from https://grafana.com/grafana/download and set GRAFANA_HOME, or use Docker';
}

export function grafanaDirectory(context: EngineContext): string {
  return join(context.state_dir, 'grafana');
}

export function grafanaUrl(context: EngineContext): string {
  return `http://${LOOPBACK}:${context.ports.grafana}`;
}

/** Starts Grafana with its provisioning. @returns null if this machine has none */
export async function startGrafana(context: EngineContext, influx: InfluxAccess): Promise<{ url: string } | null> {
  const binary = await findGrafana(context.env);
  if (!binary) return null;
  const password = await ensureGrafanaPassword(context);
  const { directory: provisioning, rules_changed } = await writeProvisioning(context);
  const inbox_url = inboxWebhook(context);
  const spec = serviceSpec(context, binary, influx, { password, provisioning, inbox_url });
  for (const part of ['data', 'plugins']) await privateDirectory(join(spec.directory, part));
  await stopOutdated(context, spec);
  const was_running = (await findRunningPid(spec)) !== null;
  await context.ui.step('starting Grafana', () => ensureService(spec, context.signal));
  if (was_running && rules_changed) await reloadRules(context, grafanaUrl(context));
  return { url: grafanaUrl(context) };
}

/** Stops a Grafana that was started with other settings, because it reads them only at its start. */
async function stopOutdated(context: EngineContext, spec: ServiceSpec): Promise<void> {
  const running = await findRunningSettings(spec);
  if (!running || (await decideRestart(context, running, spec.settings ?? {})) !== 'restart') return;
  await context.ui.step('stopping Grafana', () => stopService(spec));
}

function serviceSpec(
  context: EngineContext,
  { program, home }: GrafanaBinary,
  influx: InfluxAccess,
  {
    password,
    provisioning,
    inbox_url,
  }: { readonly password: string; readonly provisioning: string; readonly inbox_url: string },
): ServiceSpec {
  const directory = grafanaDirectory(context);
  const { GRAFANA_ANONYMOUS, PUBLIC_GRAFANA_URL } = context.env;
  const switches = grafanaSwitches(GRAFANA_ANONYMOUS, PUBLIC_GRAFANA_URL);
  return {
    name: 'Grafana',
    port: context.ports.grafana,
    port_variable: 'GRAFANA_PORT',
    directory,
    program,
    args: ['server', ...(home ? ['--homepath', home] : [])],
    env: {
      PATH: context.env.PATH,
      HOME: directory,
      ...GRAFANA_SETTINGS,
      ...Object.fromEntries(Object.entries(GRAFANA_SWITCHES).map(([name, variable]) => [name, switches[variable]])),
      GF_SERVER_DOMAIN: LOOPBACK,
      GF_SERVER_HTTP_ADDR: LOOPBACK,
      GF_SERVER_HTTP_PORT: String(context.ports.grafana),
      GF_PATHS_DATA: join(directory, 'data'),
      GF_PATHS_PLUGINS: join(directory, 'plugins'),
      GF_PATHS_PROVISIONING: provisioning,
      GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH: join(provisioning, HOME_DASHBOARD),
      GF_SECURITY_ADMIN_USER: GRAFANA_ADMIN,
      GF_SECURITY_ADMIN_PASSWORD: password,
      [GRAFANA.variables.influx_url]: influx.url,
      [GRAFANA.variables.influx_token]: influx.tokens.grafana,
      ...channelVariables(context.env, inbox_url),
      // Prefix of links in messages and between dashboards.
      GF_SERVER_ROOT_URL: PUBLIC_GRAFANA_URL || grafanaUrl(context),
    },
    settings: {
      ...grafanaSettings(context.env, password),
      [INFLUX_TOKEN_SETTING]: digest(password, influx.tokens.grafana),
    },
    healthy: () => isReachable(`${grafanaUrl(context)}/api/health`),
    start_timeout_ms: START_TIMEOUT_MS,
  };
}
