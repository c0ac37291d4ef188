import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { INBOX } from '../../contract/alerting.ts';
import { ORG } from '../../contract/buckets.ts';
import { grafanaVariable, SMTP } from '../../contract/channels.ts';
import { ENV } from '../../contract/env.ts';
import { COMMAND } from '../../contract/package-name.ts';
import { LOOPBACK, PORTS } from '../../contract/ports.ts';
import { usageError } from '../../lib/errors.ts';
import { isReachable } from '../../lib/http.ts';
import { privateDirectory, readOptional, writePrivate } from '../../lib/private-files.ts';
import { readK6Candidates } from '../binaries/k6-candidates.ts';
import { removeContainers } from '../engine/containers.ts';
import type { Demo, Engine, EngineContext, ServiceStatus, Stack } from '../engine/engine.ts';
import { prepareInflux } from '../engine/prepare-influx.ts';
import { channelVariables, isInboxUsed, writeProvisioning } from '../engine/provisioning.ts';
import { reloadRules } from '../engine/reload-rules.ts';
import { ensureGrafanaPassword, SecretStore } from '../engine/secrets.ts';
import { CHANNEL_VARIABLES, digest, grafanaSettings, INFLUX_TOKEN_SETTING } from '../engine/settings.ts';
import { deleteState } from '../engine/state-parts.ts';
import { demoArgs, requireDemoPort, startDemoProcess } from '../native/demo.ts';
import { decideRestart } from '../state/decide-restart.ts';
import { type ComposeEnv, composeArgs, composeEnv, runCompose } from './compose.ts';
import { createNetworkOnce } from './create-network.ts';
import { ensureImage } from './images.ts';
import { createDockerK6 } from './k6-launcher.ts';
import { readImageK6Version } from './k6-version.ts';
import { chosenNetwork, type DockerNetwork, detectNetwork } from './network.ts';
import { findMissingGrafana, GRAFANA_IMAGE, INFLUXDB_IMAGE, pullPinnedImages } from './pinned-images.ts';
import { requirePorts } from './ports.ts';
import { findComposeProject, keepComposeProject } from './project.ts';
import { inspectImage } from './run-docker.ts';
import { ensureServices, findRunningGrafana } from './services.ts';
import { dockerTelegraf } from './telegraf.ts';

/** Variable of Grafana → file that compose mounts as a secret. The file of an unused variable is empty. */
export const CHANNEL_SECRETS: Readonly<Record<string, string>> = Object.fromEntries(
  CHANNEL_VARIABLES.flatMap((name) => {
    const of_grafana = name in SMTP ? SMTP[name as keyof typeof SMTP] : grafanaVariable(name);
    return 'secret' in ENV[name] ? [[of_grafana, name.toLowerCase()]] : [];
  }),
);

/** The ports inside the containers. */
const INFLUX_IN_NETWORK = 'http://influxdb:8086';
const INBOX_IN_NETWORK = `http://inbox:${PORTS.inbox}${INBOX.webhook_path}`;

/** Paths that answer with success when a server is ready. */
const HEALTH = { influxdb: '/health', grafana: '/api/health', inbox: INBOX.health_path } as const;

/** Runs everything as containers of docker-compose.yml. */
export async function dockerEngine(context: EngineContext): Promise<Engine> {
  const { name: compose_project, earlier } = await findComposeProject(context);
  const env = composeEnv(context, compose_project, userInfo());
  const demo = `loadstar-demo-${randomBytes(4).toString('hex')}`;
  const chosen = chosenNetwork(context.env);
  let network_found: Promise<DockerNetwork> | undefined = chosen ? Promise.resolve(chosen) : undefined;
  const network = () => {
    network_found ??= detectNetwork(context);
    return network_found;
  };
  return {
    name: 'docker',
    compose_project,
    setup: async () => {
      await pullPinnedImages(context, [INFLUXDB_IMAGE]);
      for (const service of ['inbox', 'demo'] as const) await ensureImage(context, env, service);
      await ensureK6(context, env);
      // Last, because a run can do without it.
      await pullPinnedImages(context, [GRAFANA_IMAGE]);
    },
    up: async () => {
      if (earlier) context.ui.warn(earlierProjectText(earlier, compose_project));
      return await startStack(context, env, { project: compose_project, network: await network() });
    },
    down: () => stopStack(context, env),
    deleteData: async () => {
      await runCompose(context, [...EVERY_PROFILE, 'down', '--volumes'], env);
      await deleteState(context.state_dir);
    },
    status: () => readStatus(context, env),
    k6: async () => {
      const { with_image, version } = await ensureK6(context, env);
      return createDockerK6(context, with_image, { version, network: await network(), demo });
    },
    telegraf: async () => dockerTelegraf(context, env, await network()),
    startDemo: async ({ faults }) => await startDemo(context, env, { faults, demo, network: await network() }),
  };
}

function earlierProjectText(earlier: string, project: string): string {
  return (
    `COMPOSE_PROJECT_NAME=${project} replaces ${earlier}, whose data and containers stay: ` +
    `set COMPOSE_PROJECT_NAME=${earlier} to use them, or remove them with \`docker compose -p ${earlier} down --volumes\``
  );
}

function hostUrl(port: number): string {
  return `http://${LOOPBACK}:${port}`;
}

/** Starts InfluxDB before Grafana, because the set-up of InfluxDB creates the token of Grafana. */
async function startStack(
  context: EngineContext,
  env: ComposeEnv,
  { project, network }: { readonly project: string; readonly network: DockerNetwork },
): Promise<Stack> {
  const { ports, state_dir } = context;
  const url = hostUrl(ports.influxdb);
  await privateDirectory(state_dir);
  await keepComposeProject(state_dir, project);
  const { grafana_password } = await new SecretStore(state_dir).load();
  await pullPinnedImages(context, [INFLUXDB_IMAGE], () => requirePorts(context, env));
  const influxdb = { title: 'InfluxDB', names: ['influxdb'], inputs: [], health_urls: [url + HEALTH.influxdb] };
  await ensureServices(context, env, influxdb, grafana_password);
  const tokens = await prepareInflux(context, url);
  const missing_grafana = await findMissingGrafana(context);
  const { has_old_rules } = await startGrafana(context, env, tokens.grafana, missing_grafana === null);
  if (has_old_rules) await reloadRules(context, hostUrl(ports.grafana));
  return {
    influx: { url, url_for_k6: network === 'host' ? url : INFLUX_IN_NETWORK, org: ORG, tokens },
    grafana: missing_grafana === null ? { url: hostUrl(ports.grafana) } : null,
    inbox: isInboxUsed(context.env)
      ? { url: hostUrl(ports.inbox), webhook_url: hostUrl(ports.inbox) + INBOX.webhook_path }
      : null,
    notes: missing_grafana === null ? [] : [missing_grafana],
  };
}

/**
 * Starts the inbox, and Grafana if its image is there. Grafana reads its secrets from files that compose mounts, and only
 * when it starts.
 * @returns whether it kept running while its rules changed. One that was just started reads them by itself, and fails if it
 *   has to reload them while it still provisions.
 */
async function startGrafana(
  context: EngineContext,
  env: ComposeEnv,
  influx_token: string,
  has_grafana: boolean,
): Promise<{ readonly has_old_rules: boolean }> {
  const password = await ensureGrafanaPassword(context);
  const settings = {
    ...grafanaSettings(context.env, password),
    [INFLUX_TOKEN_SETTING]: digest(password, influx_token),
  };
  const { rules_changed } = await writeProvisioning(context);
  const before = await findRunningGrafana(env);
  if (before?.settings && (await decideRestart(context, before.settings, settings)) === 'postpone') {
    return { has_old_rules: rules_changed };
  }
  const variables = channelVariables(context.env, INBOX_IN_NETWORK);
  const secrets: Readonly<Record<string, string>> = {
    grafana_influx_token: influx_token,
    ...Object.fromEntries(Object.entries(CHANNEL_SECRETS).map(([name, file]) => [file, variables[name] ?? ''])),
  };
  for (const [file, value] of Object.entries(secrets)) {
    const path = join(context.state_dir, 'secrets', file);
    if ((await readOptional(path)) !== value) await writePrivate(path, value);
  }
  const variables_of_compose = {
    ...(await ensureImage(context, env, 'inbox')),
    LOADSTAR_SETTINGS: JSON.stringify(settings),
  };
  const { ports } = context;
  const inbox = {
    title: 'the Slack inbox',
    names: ['inbox'],
    inputs: [],
    health_urls: [hostUrl(ports.inbox) + HEALTH.inbox],
  };
  const with_grafana = {
    title: 'Grafana',
    names: [...inbox.names, 'grafana'],
    inputs: Object.values(secrets),
    health_urls: [...inbox.health_urls, hostUrl(ports.grafana) + HEALTH.grafana],
  };
  const services = has_grafana ? with_grafana : inbox;
  await ensureServices(context, variables_of_compose, services, password);
  if (!rules_changed || before === null) return { has_old_rules: false };
  return { has_old_rules: (await findRunningGrafana(env))?.started === before.started };
}

const EVERY_PROFILE = ['demo', 'k6', 'telegraf'].flatMap((name) => ['--profile', name]);

async function stopStack(context: EngineContext, env: ComposeEnv): Promise<void> {
  await context.ui.step('stopping containers', () => runCompose(context, [...EVERY_PROFILE, 'down'], env));
}

/** Creates the mount points, because Docker would create them as root. */
async function ensureK6(
  context: EngineContext,
  env: ComposeEnv,
): Promise<{ readonly with_image: ComposeEnv; readonly version: string }> {
  for (const name of ['bundles', 'spool']) await mkdir(join(context.state_dir, name), { recursive: true });
  await mkdir(context.results_dir, { recursive: true });
  const candidates = await readK6Candidates(context.env);
  if (context.env.K6_SOURCE) {
    throw usageError('K6_SOURCE with ENGINE=native alone', 'ENGINE=docker', 'unset K6_SOURCE, or set ENGINE=native');
  }
  const with_image = await ensureImage(context, env, 'k6');
  return { with_image, version: await readImageK6Version(context, with_image, candidates[0].version) };
}

/**
 * The demo is a container of this call alone, and ends with it. In the network of this machine, k6 would otherwise reach it
 * through a proxy of Docker.
 */
async function startDemo(
  context: EngineContext,
  env: ComposeEnv,
  {
    faults,
    demo,
    network,
  }: { readonly faults: readonly string[]; readonly demo: string; readonly network: DockerNetwork },
): Promise<Demo> {
  // Before the image is built.
  await requireDemoPort(context);
  const { ports, root } = context;
  const with_image = await ensureImage(context, env, 'demo');
  const at = network === 'host' ? { host: LOOPBACK, port: ports.demo } : { host: '0.0.0.0', port: PORTS.demo };
  const options = ['--rm', '--no-deps', '--no-TTY', '--name', demo, ...(network === 'host' ? [] : ['--service-ports'])];
  const command = ['demo', 'node', ...demoArgs(at.host, at.port, faults)];
  const start = () =>
    context.ui.step('starting the demo clinic', () =>
      startDemoProcess(context, faults, {
        program: 'docker',
        args: composeArgs(root, ['--profile', 'demo', 'run', ...options, ...command], network),
        env: with_image,
        base_url_for_k6: network === 'host' ? hostUrl(ports.demo) : `http://${demo}:${PORTS.demo}`,
        remove: () => removeContainers([demo], env),
      }),
    );
  return network === 'host' ? await start() : await createNetworkOnce(context, env, start);
}

async function readStatus(context: EngineContext, env: ComposeEnv): Promise<ServiceStatus[]> {
  const running = (await runCompose(context, ['ps', '--services', '--status', 'running'], env)).split('\n');
  const one = async (service: keyof typeof HEALTH): Promise<ServiceStatus> => {
    if (!running.includes(service)) return { service, ...(await describeStopped(context, service)) };
    const url = hostUrl(context.ports[service]);
    return { service, state: (await isReachable(url + HEALTH[service])) ? 'running' : 'unhealthy', detail: url };
  };
  return [await one('influxdb'), await one('grafana'), await one('inbox')];
}

async function describeStopped(
  context: EngineContext,
  service: ServiceStatus['service'],
): Promise<Pick<ServiceStatus, 'state' | 'detail'>> {
  if (service !== 'grafana' || (await inspectImage(context, GRAFANA_IMAGE)).ok) return { state: 'stopped', detail: '' };
  return { state: 'absent', detail: `its image ${GRAFANA_IMAGE} is missing: ${COMMAND} setup pulls it` };
}
