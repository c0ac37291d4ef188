import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Command } from 'commander';
import { EXIT } from '../../contract/exit-codes.ts';
import { GENERATOR, K8S_IMAGES, K8S_NAMESPACE } from '../../contract/k8s.ts';
import { PROFILES } from '../../contract/profiles.ts';
import { generate, type ManifestFlags } from '../../kubernetes/generate.ts';
import { setUpInKubernetes } from '../../kubernetes/setup-influxdb.ts';
import type { CommandContext } from '../../lib/context.ts';
import { shownPath } from '../../project/project.ts';
import { type CommandFactory, repeatable } from './lib/command-factory.ts';

interface Flags extends ManifestFlags {
  readonly out?: string;
}

/** `loadstar k8s`: a run as manifests for Kubernetes. It talks to no cluster. */
export const k8sCommand: CommandFactory = (context, report) =>
  new Command('k8s')
    .description('Write a run as Kubernetes manifests for k6-operator, with InfluxDB and Grafana: docs/kubernetes.md.')
    .argument('<scenario>', 'one of `loadstar run`, your own too')
    .option('--parallelism <n>', 'generators that share the load (required)')
    .option('--profile <name>', `load profile: ${Object.keys(PROFILES).join(', ')}`)
    .option('--base-url <url>', 'the target, as pods reach it')
    .option('--target <name>', 'a target of loadstar.config.ts, instead of --base-url')
    .option('--confirm-production <name>', 'write manifests that load this production target')
    .option('--config <file>', 'the configuration, instead of ./loadstar.config.ts')
    .option('--allow-host <host>', 'a host that may be loaded (repeatable)', repeatable)
    .option('--scale <factor>', 'factor on the number of users, and on rates of arrival')
    .option('--duration <time>', 'total duration, such as 60s or 5m; the stages keep their proportions')
    .option('--out <dir>', 'write files for `kubectl apply -k` there, instead of one stream to stdout')
    .option('--namespace <name>', 'namespace of everything', K8S_NAMESPACE)
    .option('--image <name>', 'image of the generators (k6/Dockerfile)', K8S_IMAGES.k6)
    .option('--cli-image <name>', 'image of the command line (cli/Dockerfile)', K8S_IMAGES.cli)
    .option('--script <where>', 'the bundled scenario: configmap, or image (needs --out)', 'configmap')
    .option('--cpu <cores>', 'cores that each generator asks for', GENERATOR.cpu)
    .option('--memory <size>', 'memory of each generator, such as 1Gi; without it, by the number of its users')
    .option('--separate', 'each generator on a node of its own')
    .action(async (scenario: string, flags: Flags) => {
      await write(context, scenario, flags);
      report(EXIT.passed);
    })
    .addCommand(
      new Command('setup-influxdb')
        .description('Run by the set-up job in the cluster: buckets and tokens of InfluxDB, the tokens into a Secret.')
        .requiredOption('--url <url>', 'InfluxDB, as this pod reaches it')
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
    ui.line(`run ${testid}: pipe it into \`kubectl apply --server-side -f -\`; secrets first (docs/kubernetes.md)`);
    return;
  }
  const directory = resolve(context.cwd, flags.out);
  for (const [name, text] of files) {
    const file = join(directory, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  const shown = shownPath(context, directory);
  ui.line(`run ${testid}: ${files.size} files in ${shown}`);
  ui.line(`  secrets  ${shown}/secret.example says how`);
  ui.line(`  servers  kubectl apply --server-side -k ${shown}/stack    once; your own: -k ${shown}/existing-servers`);
  ui.line(`  run      kubectl apply --server-side -k ${shown}/run`);
}
