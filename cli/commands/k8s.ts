import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Command } from 'commander';
import { EXIT } from '../../contract/exit-codes.ts';
import { GENERATOR, K8S_IMAGES, K8S_NAMESPACE } from '../../contract/k8s.ts';
import { PROFILES } from '../../contract/profiles.ts';
import { generate, type ManifestFlags } from '../../kubernetes/generate.ts';
import { resourceName } from '../../kubernetes/services/names.ts';
import { setUpInKubernetes } from '../../kubernetes/setup-influxdb.ts';
import type { CommandContext } from '../../lib/context.ts';
import { shownPath } from '../../project/project.ts';
import { CONFIG_OPTION, type CommandFactory, collectValues } from './lib/command-factory.ts';

interface Flags extends ManifestFlags {
  readonly out?: string;
}

/** `loadstar k8s`: writes the manifests of a run for Kubernetes, without access to a cluster. */
export const k8sCommand: CommandFactory = (context, report) =>
  new Command('k8s')
    .description('Write Kubernetes manifests for a run with k6-operator, InfluxDB and Grafana (docs/kubernetes.md).')
    .argument('<scenario>', 'name of a scenario, built-in or your own')
    .option('--parallelism <n>', 'number of generators that share the load (required)')
    .option('--profile <name>', `load profile: ${Object.keys(PROFILES).join(', ')}`)
    .option('--base-url <url>', 'address of the target as pods reach it')
    .option('--target <name>', 'target of loadstar.config.ts, instead of --base-url')
    .option('--confirm-production <name>', 'production target that this run may load (required for production targets)')
    .option(...CONFIG_OPTION)
    .option('--allow-host <host>', 'host that may be loaded (repeatable)', collectValues)
    .option('--scale <factor>', 'multiply the virtual users and arrival rates by this factor')
    .option('--duration <time>', 'total duration, such as 60s or 5m; stages keep their proportions')
    .option('--abort-on-breach <after>', 'abort on the first failed SLO after this grace period, such as 10s')
    .option('--out <dir>', 'write files for `kubectl apply -k` to this directory instead of stdout')
    .option('--namespace <name>', 'namespace of all resources', K8S_NAMESPACE)
    .option('--image <name>', 'image of the generators (k6/Dockerfile)', K8S_IMAGES.k6)
    .option('--cli-image <name>', 'image of the command line (cli/Dockerfile)', K8S_IMAGES.cli)
    .option('--script <where>', 'where the script is stored: configmap or image (requires --out)', 'configmap')
    .option('--cpu <cores>', 'CPU request of each generator', GENERATOR.cpu)
    .option('--memory <size>', 'memory of each generator, such as 1Gi (default: from the number of its virtual users)')
    .option('--wait <time>', 'how long the finish Job waits for generators, besides the load itself', GENERATOR.wait)
    .option('--registry <host/path>', 'registry that mirrors all images, such as registry.example.com/mirror')
    .option(
      '--image-pull-secret <name>',
      'Secret with the login of a registry, for all pods (repeatable)',
      collectValues,
    )
    .option(
      '--toleration <taint>',
      'taint that generators tolerate, such as dedicated=load:NoSchedule (repeatable)',
      collectValues,
    )
    .option('--node-selector <label=value>', 'label of the nodes that generators run on (repeatable)', collectValues)
    .option('--separate', 'run each generator on its own node')
    .action(async (scenario: string, flags: Flags) => {
      await write(context, scenario, flags);
      report(EXIT.passed);
    })
    .addCommand(
      new Command('setup-influxdb')
        .description(
          'Create the buckets of InfluxDB and a Secret with its tokens. The set-up job in the cluster runs this.',
        )
        .requiredOption('--url <url>', 'address of InfluxDB as this pod reaches it')
        .requiredOption('--secrets <dir>', 'directory with the files operator_token and password')
        .action(async (flags: { readonly url: string; readonly secrets: string }) => {
          await setUpInKubernetes(context, flags);
          report(EXIT.passed);
        }),
    );

async function write(context: CommandContext, scenario: string, flags: Flags): Promise<void> {
  const { ui } = context;
  const { testid, files, stream, notes } = await generate(context, scenario, flags);
  for (const note of notes) ui.note(note);
  if (!flags.out) {
    context.print(stream.trimEnd());
    ui.line(
      `run ${testid}: create the Secrets (docs/kubernetes.md), then pipe this into \`kubectl apply --server-side -f -\``,
    );
    return;
  }
  const directory = resolve(context.cwd, flags.out);
  for (const [name, text] of files) {
    const file = join(directory, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  const shown = shownPath(context, directory);
  ui.result.line(`run ${testid}: ${files.size} files in ${shown}`);
  ui.result.line(`  secrets  run the commands in ${shown}/secret.example`);
  ui.result.line(
    `  servers  kubectl apply --server-side -k ${shown}/stack    (once; for existing servers: -k ${shown}/existing-servers)`,
  );
  ui.result.line(`  run      kubectl apply --server-side -k ${shown}/run`);
  ui.result.line(
    `  report   the Job ${resourceName(testid)}-finish prints the verdict, and the command that writes the report`,
  );
}
