import type { IAffinity } from 'kubernetes-models/v1/Affinity';
import type { IConfigMap } from 'kubernetes-models/v1/ConfigMap';
import type { IEnvVar } from 'kubernetes-models/v1/EnvVar';
import type { IPodSecurityContext } from 'kubernetes-models/v1/PodSecurityContext';
import type { IResourceRequirements } from 'kubernetes-models/v1/ResourceRequirements';
import type { ISecurityContext } from 'kubernetes-models/v1/SecurityContext';
import type { IToleration } from 'kubernetes-models/v1/Toleration';
import type { IVolume } from 'kubernetes-models/v1/Volume';
import type { IVolumeMount } from 'kubernetes-models/v1/VolumeMount';
import { RUN_TAGS } from '../contract/k6-metrics.ts';
import { GENERATOR, K8S_IMAGES, K8S_SECRETS, K8S_USERS } from '../contract/k8s.ts';
import { dataFilesEnv } from '../runs/options/script-env.ts';
import { CA_KEY, generatorArgs, generatorEnv, initializerEnv, POD_PATHS } from './generator-env.ts';
import { mirrored, nodesOf, type Placement, pullSecrets } from './placement.ts';
import type { RunPlan } from './plan.ts';
import type { ScriptFiles } from './script.ts';
import { labels, resourceName } from './services/names.ts';
import { CONTAINER_SECURITY, podSecurity, TMP } from './services/pods.ts';

/** What decides how a run's manifests look, besides the run itself. */
export interface RunSetting {
  readonly testid: string;
  readonly namespace: string;
  readonly k6_image: string;
  readonly cli_image: string;
  /** Each generator on a node of its own. */
  readonly separate: boolean;
  /** Cores of each generator. */
  readonly cpu: string;
  /** Memory of each generator, as Kubernetes writes it; null: as many users as it has need. */
  readonly memory: string | null;
  readonly placement: Placement;
  /** How long the judge waits for generators, besides the load itself. */
  readonly wait_s: number;
  /** Where the script is: in a ConfigMap, or baked into the image. */
  readonly script: 'configmap' | 'image';
}

/** A pod of the operator's, as far as we use it: https://github.com/grafana/k6-operator/blob/v1.6.0/api/v1alpha1/testrun_types.go */
interface OperatorPod {
  readonly image: string;
  readonly imagePullPolicy: 'IfNotPresent';
  /** A text: so the CRD has it. */
  readonly automountServiceAccountToken: 'false';
  readonly securityContext: IPodSecurityContext;
  readonly containerSecurityContext: ISecurityContext;
  readonly imagePullSecrets?: { readonly name: string }[];
  readonly tolerations?: IToleration[];
  readonly nodeSelector?: Record<string, string>;
  readonly metadata?: { readonly labels: Readonly<Record<string, string>> };
  readonly env?: IEnvVar[];
  readonly resources?: IResourceRequirements;
  readonly affinity?: IAffinity;
  readonly volumes?: IVolume[];
  readonly volumeMounts?: IVolumeMount[];
}

export interface TestRun {
  readonly apiVersion: 'k6.io/v1alpha1';
  readonly kind: 'TestRun';
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly parallelism: number;
    readonly separate?: true;
    readonly args: readonly string[];
    readonly script:
      | { readonly configMap: { readonly name: string; readonly file: string } }
      | { readonly localFile: string };
    readonly initializer: OperatorPod;
    readonly starter: OperatorPod;
    readonly runner: OperatorPod;
  };
}

export function scriptConfigMap({ testid, namespace }: RunSetting, script: ScriptFiles): IConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `${resourceName(testid)}-script`, namespace, labels: labels('generator') },
    immutable: true,
    ...splitContent(script.files),
  };
}

/** Bytes of any kind are base64 in a ConfigMap. A pod finds texts and bytes side by side. */
function splitContent(files: ScriptFiles['files']): Pick<IConfigMap, 'data' | 'binaryData'> {
  const entries = Object.entries(files);
  const data = entries.flatMap(([name, content]) => (typeof content === 'string' ? [[name, content]] : []));
  const binary = entries.flatMap(([name, content]) =>
    typeof content === 'string' ? [] : [[name, content.toString('base64')]],
  );
  return {
    data: Object.fromEntries(data),
    ...(binary.length > 0 ? { binaryData: Object.fromEntries(binary) } : {}),
  };
}

export function caConfigMap({ testid, namespace }: RunSetting, ca: string): IConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `${resourceName(testid)}-ca`, namespace, labels: labels('generator') },
    immutable: true,
    data: { [CA_KEY]: ca },
  };
}

/** The generators, as k6-operator takes them. */
export function testRun(plan: RunPlan, setting: RunSetting, { main, data_files }: ScriptFiles): TestRun {
  const directory = setting.script === 'configmap' ? POD_PATHS.config_map : POD_PATHS.scripts;
  const files = dataFilesEnv(Object.fromEntries([...data_files].map(([file, it]) => [file, `${directory}/${it}`])));
  const name = resourceName(setting.testid);
  const { scenario, options, parallelism } = plan;
  return {
    apiVersion: 'k6.io/v1alpha1',
    kind: 'TestRun',
    metadata: {
      name,
      namespace: setting.namespace,
      labels: { ...labels('generator'), 'loadstar/scenario': scenario.name, 'loadstar/profile': options.profile },
      // Too long for a label, and with capitals for a name.
      annotations: { 'loadstar/testid': setting.testid },
    },
    spec: {
      parallelism,
      ...(setting.separate ? { separate: true } : {}),
      args: generatorArgs(plan, setting.testid, {
        [RUN_TAGS.run]: setting.testid,
        [RUN_TAGS.project]: options.project,
        [RUN_TAGS.generator]: '$(POD_NAME)',
      }),
      script:
        setting.script === 'configmap'
          ? { configMap: { name: `${name}-script`, file: main } }
          : { localFile: `${POD_PATHS.scripts}/${main}` },
      initializer: {
        ...operatorPod(setting.k6_image, K8S_USERS.k6, setting),
        env: initializerEnv(plan, files),
        resources: initializerResources(plan, setting),
        ...mountVolumes(usersVolume(plan)),
      },
      starter: operatorPod(K8S_IMAGES.starter, K8S_USERS.starter, setting),
      runner: {
        ...operatorPod(setting.k6_image, K8S_USERS.k6, setting),
        ...nodesOf(setting.placement),
        metadata: { labels: labels('generator') },
        env: generatorEnv(plan, setting.testid, files),
        resources: resources(plan, setting),
        // `separate` sets its own affinity, and would override this one.
        ...(setting.separate ? {} : { affinity: podAntiAffinity(name) }),
        ...mountVolumes([SPOOL, ...usersVolume(plan), ...caVolume(plan, setting)]),
      },
    },
  };
}

function operatorPod(image: string, user: number, { placement }: RunSetting): OperatorPod {
  return {
    image: mirrored(image, placement),
    imagePullPolicy: 'IfNotPresent',
    automountServiceAccountToken: 'false',
    securityContext: podSecurity(user),
    containerSecurityContext: CONTAINER_SECURITY,
    ...pullSecrets(placement),
  };
}

/**
 * No limit on CPU: a generator that is throttled measures its own pauses, and tells them as latency of the target. What it
 * asks for is its own all the same, and Kubernetes counts it when it places pods.
 */
function resources(plan: RunPlan, setting: RunSetting): IResourceRequirements {
  const mib = Math.ceil(GENERATOR.base_mib + plan.users_each * GENERATOR.user_mib);
  const [asked, limit] = setting.memory
    ? [setting.memory, setting.memory]
    : [`${mib}Mi`, `${mib * GENERATOR.memory_headroom}Mi`];
  return {
    requests: { cpu: setting.cpu, memory: asked, 'ephemeral-storage': `${GENERATOR.spool_mib}Mi` },
    // The pod's logs count too.
    limits: { memory: limit, 'ephemeral-storage': `${GENERATOR.spool_mib * 2}Mi` },
  };
}

/** It makes no load: but k6 makes all users of the test before it tells what it needs. */
function initializerResources(plan: RunPlan, setting: RunSetting): IResourceRequirements {
  const { limits } = resources(plan, setting);
  return { requests: { cpu: '100m', memory: `${GENERATOR.base_mib}Mi` }, limits: { memory: limits?.memory ?? '' } };
}

/** On different nodes where there are enough: generators of one node share its network and its CPU. */
function podAntiAffinity(name: string): IAffinity {
  return {
    podAntiAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        {
          weight: 100,
          podAffinityTerm: {
            topologyKey: 'kubernetes.io/hostname',
            // Labels that the operator gives: https://github.com/grafana/k6-operator/blob/v1.6.0/pkg/resources/jobs/helpers.go
            labelSelector: { matchLabels: { k6_cr: name, runner: 'true' } },
          },
        },
      ],
    },
  };
}

interface Mounted {
  readonly volume: IVolume;
  readonly mount: IVolumeMount;
}

function mountVolumes(more: readonly Mounted[]): Pick<OperatorPod, 'volumes' | 'volumeMounts'> {
  const all: readonly Mounted[] = [TMP, ...more];
  return { volumes: all.map(({ volume }) => volume), volumeMounts: all.map(({ mount }) => mount) };
}

/** The pod's own: what InfluxDB has not taken when k6 ends is gone with it, and the run is then incomplete. */
const SPOOL: Mounted = {
  volume: { name: 'spool', emptyDir: { sizeLimit: `${GENERATOR.spool_mib}Mi` } },
  mount: { name: 'spool', mountPath: POD_PATHS.spool },
};

function usersVolume({ has_users }: RunPlan): Mounted[] {
  if (!has_users) return [];
  return [
    {
      volume: { name: 'users', secret: { secretName: K8S_SECRETS.users.name } },
      mount: { name: 'users', mountPath: POD_PATHS.users, readOnly: true },
    },
  ];
}

function caVolume({ ca }: RunPlan, { testid }: RunSetting): Mounted[] {
  if (!ca) return [];
  return [
    {
      volume: { name: 'ca', configMap: { name: `${resourceName(testid)}-ca` } },
      mount: { name: 'ca', mountPath: POD_PATHS.ca, readOnly: true },
    },
  ];
}
