import { statfs } from 'node:fs/promises';
import { Command } from 'commander';
import type { EnvName } from '../../contract/env.ts';
import { EXIT } from '../../contract/exit-codes.ts';
import { COMMAND } from '../../contract/package-name.ts';
import { VERSIONS } from '../../contract/versions.ts';
import type { CommandContext } from '../../lib/context.ts';
import { LoadstarError } from '../../lib/errors.ts';
import { loadConfig } from '../../project/load-config.ts';
import { needsTelegraf } from '../../project/telemetry.ts';
import { canBuildWith, isAtLeast, readGoVersion } from '../../stack/binaries/go.ts';
import { INFLUXD_CACHE_KEY } from '../../stack/binaries/influxd.ts';
import { findBuiltK6, k6CacheKeys } from '../../stack/binaries/k6.ts';
import { readK6Candidates } from '../../stack/binaries/k6-candidates.ts';
import { findReleased } from '../../stack/binaries/released.ts';
import { findBuiltTelegraf } from '../../stack/binaries/telegraf.ts';
import { findProgram } from '../../stack/binaries/which.ts';
import { TELEGRAF_IMAGE } from '../../stack/docker/pinned-images.ts';
import { probeDocker } from '../../stack/docker/probe.ts';
import { inspectImage } from '../../stack/docker/run-docker.ts';
import type { Engine, EngineContext } from '../../stack/engine/engine.ts';
import { engineContext } from '../../stack/engine/engine-context.ts';
import { findPortHolder } from '../../stack/engine/port-holder.ts';
import { describeMissingGrafana, findGrafana } from '../../stack/native/grafana.ts';
import { isPortTaken } from '../../stack/native/service.ts';
import { selectEngine, selectEngineName } from '../../stack/select.ts';
import type { CommandFactory } from './lib/command-factory.ts';

interface Finding {
  readonly what: string;
  readonly ok: boolean;
  /** false: a run works without it. */
  readonly needed: boolean;
  readonly found: string;
  readonly next?: string;
}

const GIB = 2 ** 30;
/** Go's build cache, Rust's target directory and the binaries take about 4 GiB at their peak. */
const BUILD_DISK_GIB = 5;

/** `loadstar doctor`: checks what a run needs on this machine. */
export const doctorCommand: CommandFactory = (context, report) =>
  new Command('doctor').description('Check what a run needs on this machine, and how to get it.').action(async () => {
    const engine_context = engineContext(context);
    const findings = await examine(engine_context, context.environment.ENGINE, await readProject(context));
    const { result: ui } = context.ui;
    for (const { what, ok, needed, found, next } of findings) {
      const mark = ok ? ui.colors.green('ok     ') : needed ? ui.colors.red('missing') : ui.colors.yellow('without');
      ui.line(`${mark} ${what.padEnd(10)} ${found}`);
      if (!ok && next) ui.line(`        ${''.padEnd(10)} ${next}`);
    }
    report(findings.some((finding) => finding.needed && !finding.ok) ? EXIT.unusable : EXIT.passed);
  });

interface ReadProject {
  /** A configuration that cannot be read is one finding among the others. */
  readonly findings: readonly Finding[];
  readonly needs_telegraf: boolean;
}

async function readProject(context: CommandContext): Promise<ReadProject> {
  const { LOADSTAR_CONFIG, TELEMETRY } = context.environment;
  try {
    const { config } = await loadConfig(LOADSTAR_CONFIG, context);
    return { findings: [], needs_telegraf: needsTelegraf(config, TELEMETRY) };
  } catch (error) {
    if (!(error instanceof LoadstarError)) throw error;
    const { message, found = 'nothing', next } = error;
    const finding = { what: 'config', ok: false, needed: true, found: `expected ${message}; found ${found}` };
    return { findings: [next ? { ...finding, next } : finding], needs_telegraf: needsTelegraf({}, TELEMETRY) };
  }
}

async function examine(context: EngineContext, forced: string | undefined, project: ReadProject): Promise<Finding[]> {
  const { name: engine, docker: asked } = await selectEngineName(context, forced);
  const docker = asked ?? (await probeDocker(context.env));
  const native = engine === 'native';
  const isReleased = (key: string) => findReleased(context, key) !== null;
  const released = (await k6CacheKeys(context)).some(isReleased) && isReleased(INFLUXD_CACHE_KEY);
  const builds = native && !released;
  const version = await readGoVersion(context.env);
  const chromium = await findProgram('chromium', context.env);
  return [
    { what: 'engine', ok: true, needed: true, found: engine },
    ...project.findings,
    {
      what: 'docker',
      ok: docker.state === 'ready',
      needed: engine === 'docker',
      found: docker.found,
      ...(docker.state === 'ready' ? {} : { next: docker.next }),
    },
    ...(native ? [checkRelease(released)] : []),
    {
      what: 'go',
      ok: version !== null && canBuildWith(version),
      needed: builds,
      found: describeGo(version),
      next: `Go ≥ ${VERSIONS.influxdb_go_min} builds k6 and InfluxDB: https://go.dev/dl`,
    },
    await checkTool(context, 'cargo', builds, 'Rust builds a part of InfluxDB: https://rustup.rs'),
    await checkTool(context, 'gcc', builds, 'gcc links Go and Rust: install it with your package manager'),
    ...(engine === 'docker' ? [] : [await checkK6(context)]),
    ...(project.needs_telegraf ? await checkTelegraf(context, engine, docker.state === 'ready') : []),
    ...(engine === 'external' ? await checkServers(context, engine) : [await checkGrafana(context, engine)]),
    {
      what: 'chromium',
      ok: chromium !== null,
      needed: false,
      found: chromium ?? 'none',
      next: 'only browser scenarios need Chromium',
    },
    await checkDisk(context, builds),
    ...(await checkPorts(context, engine !== 'docker' || docker.state === 'ready' ? engine : null)),
  ];
}

function describeGo(version: string | null): string {
  if (version === null) return 'none';
  if (isAtLeast(version, VERSIONS.influxdb_go_min) || !canBuildWith(version)) return version;
  return `${version}, which downloads Go ${VERSIONS.go_toolchain} to build InfluxDB`;
}

function checkRelease(ok: boolean): Finding {
  return {
    what: 'release',
    ok,
    needed: false,
    found: ok ? 'has k6 and InfluxDB for this machine' : 'none for this package and machine',
    next: 'k6 and InfluxDB are built: packages of a release need no Go, Rust and gcc',
  };
}

/** A run builds it if it is missing, so nothing has to be done. */
async function checkK6(context: EngineContext): Promise<Finding> {
  const built = await findBuiltK6(context);
  const [{ version }] = await readK6Candidates(context.env);
  const found = built ? (built.note ?? `v${built.version}`) : `none yet: \`${COMMAND} setup\` builds v${version}`;
  return { what: 'k6', ok: true, needed: false, found };
}

/** A run builds or pulls it if it is missing, and goes on without telemetry where it cannot. */
async function checkTelegraf(context: EngineContext, engine: Engine['name'], has_docker: boolean): Promise<Finding[]> {
  const finding = { what: 'telegraf', ok: true, needed: false };
  if (engine === 'docker') {
    if (!has_docker) return [];
    const has_image = (await inspectImage(context, TELEGRAF_IMAGE)).ok;
    return [
      { ...finding, found: has_image ? TELEGRAF_IMAGE : `none yet: \`${COMMAND} setup\` pulls ${TELEGRAF_IMAGE}` },
    ];
  }
  const path = await findBuiltTelegraf(context);
  if (path) return [{ ...finding, found: `v${VERSIONS.telegraf}` }];
  const version = await readGoVersion(context.env);
  const found = `none yet: \`${COMMAND} setup\` builds v${VERSIONS.telegraf}`;
  if (version !== null && canBuildWith(version)) return [{ ...finding, found }];
  const next = `Go ≥ ${VERSIONS.telegraf_go_min} builds Telegraf: https://go.dev/dl. Without it, runs collect no telemetry`;
  return [{ ...finding, ok: false, found: 'none', next }];
}

async function checkGrafana({ env }: EngineContext, engine: Engine['name']): Promise<Finding> {
  const grafana = await findGrafana(env);
  const in_docker = engine === 'docker';
  return {
    what: 'grafana',
    ok: grafana !== null || in_docker,
    needed: false,
    found: grafana?.program ?? (in_docker ? 'in Docker' : 'none'),
    next: describeMissingGrafana(env),
  };
}

/** The detail of a server that is not running is the message that a run would end with. */
async function checkServers(context: EngineContext, engine: Engine['name']): Promise<Finding[]> {
  return (await (await selectEngine(context, engine)).status()).map(({ service, state, detail }) => ({
    what: service,
    ok: state === 'running',
    needed: service === 'influxdb',
    found: detail,
  }));
}

async function checkTool(context: EngineContext, name: string, needed: boolean, next: string): Promise<Finding> {
  const path = await findProgram(name, context.env);
  return { what: name, ok: path !== null, needed, found: path ?? 'none', next };
}

async function checkDisk(context: EngineContext, needed: boolean): Promise<Finding> {
  const { bavail, bsize } = await statfs(context.root);
  const free_gib = (bavail * bsize) / GIB;
  return {
    what: 'disk',
    ok: free_gib >= BUILD_DISK_GIB,
    needed,
    found: `${free_gib.toFixed(1)} GiB free`,
    next: `building k6 and InfluxDB needs ${BUILD_DISK_GIB} GiB`,
  };
}

const PORT_VARIABLES = {
  influxdb: 'INFLUX_PORT',
  grafana: 'GRAFANA_PORT',
  inbox: 'INBOX_PORT',
  demo: 'DEMO_PORT',
  live_view: 'LIVE_VIEW_PORT',
} as const satisfies Record<keyof EngineContext['ports'], EnvName>;

/** A port may be taken by the server that needs it. @param engine null: it cannot be asked for its servers */
async function checkPorts(context: EngineContext, engine: Engine['name'] | null): Promise<Finding[]> {
  // Each run starts its own demo and live view, and servers of a team have addresses.
  const of_servers = engine === 'external' ? [] : ['influxdb', 'grafana', 'inbox'];
  const own = engine === null ? [] : await (await selectEngine(context, engine)).status();
  const running = own.filter(({ state }) => state === 'running' || state === 'unhealthy').map(({ service }) => service);
  const names = Object.keys(PORT_VARIABLES) as (keyof typeof PORT_VARIABLES)[];
  return await Promise.all(
    names.map(async (name) => {
      const port = context.ports[name];
      const what = `port ${port}`;
      const needed = of_servers.includes(name);
      if (needed && running.some((service) => service === name)) {
        return { what, ok: true, needed, found: `used by ${name} of this project` };
      }
      if (!(await isPortTaken(port))) return { what, ok: true, needed, found: `free for ${name}` };
      const holder = (await findPortHolder(port, context.env)) ?? 'another program (lsof as root names it)';
      const next = `stop it, or choose another port: ${PORT_VARIABLES[name]}=${port + 1}`;
      return { what, ok: false, needed, found: `wanted by ${name}, taken by ${holder}`, next };
    }),
  );
}
