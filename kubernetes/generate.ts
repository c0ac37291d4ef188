import { ORG } from '../contract/buckets.ts';
import { K8S_IMAGES } from '../contract/k8s.ts';
import type { CommandContext } from '../lib/context.ts';
import { usageError } from '../lib/errors.ts';
import { hostAllowed } from '../profiles/hosts.ts';
import { parseDuration_s, type RunFlags } from '../runs/options/options.ts';
import { runId } from '../runs/options/run-id.ts';
import { POD_PATHS } from './generator-env.ts';
import { directoryFiles, type Files, renderStream } from './layout.ts';
import { type PlacementFlags, readPlacement, withRegistry } from './placement.ts';
import { planRun } from './plan.ts';
import { runManifests } from './run-manifests.ts';
import { bundleForPods, fitConfigMap, type ScriptFiles } from './script.ts';
import { secretExample } from './secret-example.ts';
import { isDnsLabel } from './services/names.ts';
import { type Addresses, baseManifests, existingServersManifests, stackManifests } from './stack.ts';
import type { RunSetting } from './test-run.ts';

/** The options of `loadstar k8s`. */
export interface ManifestFlags extends RunFlags, PlacementFlags {
  /** Required, but checked here: commander would also require it for subcommands. */
  readonly parallelism?: string;
  readonly out?: string;
  readonly namespace: string;
  readonly image: string;
  readonly cliImage: string;
  readonly script: string;
  readonly cpu: string;
  readonly memory?: string;
  readonly wait: string;
  readonly separate?: true;
}

export interface Generated {
  readonly testid: string;
  /** For a directory: everything. */
  readonly files: Files;
  /** For stdout: the stack and the run, or only the run if the servers exist. */
  readonly stream: string;
  readonly notes: readonly string[];
}

/** Generates the manifests. Only the run id differs between two calls. @throws LoadstarError (usage) */
export async function generate(
  context: CommandContext,
  scenario: string,
  flags: ManifestFlags,
  now: { readonly date: Date; readonly random: () => number } = { date: new Date(), random: Math.random },
): Promise<Generated> {
  checkFlags(flags);
  const plan = await planRun(context, [scenario], flags);
  const bundled = await bundleForPods(context, plan.scenario);
  const script = flags.script === 'configmap' ? fitConfigMap(bundled) : bundled;
  const setting: RunSetting = {
    testid: runId(now.date, plan.scenario.name, plan.options.profile, now.random),
    namespace: flags.namespace,
    k6_image: flags.image,
    cli_image: flags.cliImage,
    separate: flags.separate === true,
    cpu: flags.cpu,
    memory: flags.memory ?? null,
    placement: readPlacement(flags),
    wait_s: parseDuration_s('--wait', flags.wait),
    script: flags.script === 'image' ? 'image' : 'configmap',
  };
  const existing = existingAddresses(context);
  const base = baseManifests(setting.namespace);
  const { project } = plan.options;
  const stack = withRegistry(
    stackManifests(context, { ...setting, project, scenarios: plan.scenarios }),
    setting.placement,
  );
  const existing_servers = existingServersManifests(setting.namespace, existing ?? EXAMPLE);
  const run = withRegistry(runManifests(plan, setting, script, context.environment), setting.placement);
  return {
    testid: setting.testid,
    files: directoryFiles({
      base,
      stack,
      existing_servers,
      run,
      secret_example: secretExample(context, plan, setting.namespace),
      more: setting.script === 'image' ? imageFiles(script) : new Map(),
    }),
    stream: renderStream([base, existing ? existing_servers : stack, run].flatMap((part) => [...part.values()].flat())),
    notes: [
      ...(plan.options.telemetry ? ['the telemetry of the target is not collected in a cluster'] : []),
      ...(script.without_map
        ? ['the ConfigMap has no room for the source map: errors of the script name lines of the bundle']
        : []),
    ],
  };
}

const SCRIPT_PLACES = ['configmap', 'image'];
/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/, as far as these two need it. */
const CORES = /^(\d+(\.\d{1,3})?|\d+m)$/;
const MEMORY = /^\d+(Mi|Gi|M|G)$/;

function checkFlags(flags: ManifestFlags): void {
  if (!isDnsLabel(flags.namespace)) {
    throw usageError(
      '--namespace of lowercase letters, digits and dashes, at most 63 characters',
      `\`${flags.namespace}\``,
      'for example load-tests',
    );
  }
  if (!SCRIPT_PLACES.includes(flags.script)) {
    throw usageError(
      `--script to be one of: ${SCRIPT_PLACES.join(', ')}`,
      `\`${flags.script}\``,
      'for example --script configmap',
    );
  }
  if (flags.script === 'image' && !flags.out) {
    throw usageError(
      '--out DIR with --script image, because an image is built from files',
      'no --out',
      'add --out DIR',
    );
  }
  if (flags.script === 'image' && flags.image === K8S_IMAGES.k6) {
    throw usageError(
      '--image with the name of the image that holds the script',
      'the k6 image, which holds no script',
      'for example --image registry.example.com/load-tests:1, to be built from DIR/image',
    );
  }
  if (!CORES.test(flags.cpu))
    throw usageError('--cpu to be a Kubernetes quantity', `\`${flags.cpu}\``, 'for example 2 or 500m');
  if (flags.memory !== undefined && !MEMORY.test(flags.memory)) {
    throw usageError('--memory to be a Kubernetes quantity', `\`${flags.memory}\``, 'for example 512Mi or 2Gi');
  }
}

/** Example addresses for the overlay of a team that has not set INFLUX_URL. */
const EXAMPLE: Addresses = {
  influx_url: 'https://influxdb.example.com',
  influx_org: ORG,
  public_grafana_url: 'https://grafana.example.com',
};

/** The addresses of existing servers, as for the engine external. @returns null without INFLUX_URL */
function existingAddresses({ environment }: CommandContext): Addresses | null {
  const { INFLUX_URL, INFLUX_ORG, GRAFANA_URL, PUBLIC_GRAFANA_URL } = environment;
  if (!INFLUX_URL) return null;
  if (!URL.canParse(INFLUX_URL))
    throw usageError('INFLUX_URL to be a URL', `\`${INFLUX_URL}\``, 'for example https://influx.example.com');
  if (hostAllowed(new URL(INFLUX_URL).hostname, [])) {
    throw usageError(
      'an InfluxDB that pods can reach',
      INFLUX_URL,
      'unset INFLUX_URL to use the InfluxDB of the stack, or set it to the name of a Service',
    );
  }
  return {
    influx_url: INFLUX_URL.replace(/\/+$/, ''),
    influx_org: INFLUX_ORG ?? ORG,
    public_grafana_url: PUBLIC_GRAFANA_URL ?? GRAFANA_URL ?? '',
  };
}

/** An image with the script on top of the one of k6. */
function imageFiles({ files }: ScriptFiles): Files {
  const dockerfile = [
    '# GENERATED by `loadstar k8s`: the k6 image with the scenario. Build and push it with the name of --image.',
    `FROM ${K8S_IMAGES.k6}`,
    `COPY --chmod=444 ${Object.keys(files).join(' ')} ${POD_PATHS.scripts}/`,
    '',
  ].join('\n');
  const scripts = Object.entries(files).map(([name, content]) => [`image/${name}`, content] as const);
  return new Map<string, string | Buffer>([['image/Dockerfile', dockerfile], ...scripts]);
}
