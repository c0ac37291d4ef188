/** Where pods run and which registry their images come from, as a cluster asks for it. */
import type { IToleration } from 'kubernetes-models/v1/Toleration';
import { usageError } from '../lib/errors.ts';

export interface Placement {
  /** Names of Secrets for registries, of all pods. */
  readonly pull_secrets: readonly string[];
  /** Where the cluster finds all images, such as `registry.example.com/mirror`; null: under their own names. */
  readonly registry: string | null;
  /** Of generators alone: nodes that are kept for load. */
  readonly tolerations: readonly IToleration[];
  readonly node_selector: Readonly<Record<string, string>>;
}

export interface PlacementFlags {
  readonly registry?: string;
  readonly imagePullSecret?: readonly string[];
  readonly toleration?: readonly string[];
  readonly nodeSelector?: readonly string[];
}

/** A host and a path, without scheme and without `/` at the end. */
const REGISTRY = /^[a-z0-9][\w.:-]*(\/[\w.-]+)*$/i;
/** A registry that an image's own name begins with: https://github.com/distribution/reference */
const OWN_REGISTRY = /^([^/]*[.:][^/]*|localhost)\//;
const NAME = /^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/;
/** `key`, `key=value`, each with `:effect`, as `kubectl taint` takes a taint. */
const TOLERATION = /^(?<key>[\w./-]+)(=(?<value>[\w.-]*))?(:(?<effect>NoSchedule|PreferNoSchedule|NoExecute))?$/;
const SELECTOR = /^(?<key>[\w./-]+)=(?<value>[\w.-]*)$/;

/** @throws LoadstarError (usage) */
export function readPlacement({
  registry,
  imagePullSecret = [],
  toleration = [],
  nodeSelector = [],
}: PlacementFlags): Placement {
  const wrong = imagePullSecret.find((name) => !NAME.test(name));
  if (wrong !== undefined)
    throw usageError('--image-pull-secret to be the name of a Secret', `\`${wrong}\``, 'for example registry-login');
  if (registry !== undefined && !REGISTRY.test(registry))
    throw usageError('--registry to be host[/path]', `\`${registry}\``, 'for example registry.example.com/mirror');
  return {
    registry: registry ?? null,
    pull_secrets: imagePullSecret,
    tolerations: toleration.map(parseToleration),
    node_selector: Object.fromEntries(nodeSelector.map(parseSelector)),
  };
}

function parseToleration(text: string): IToleration {
  const { key, value, effect } = TOLERATION.exec(text)?.groups ?? {};
  if (key === undefined) {
    const next = 'for example dedicated=load:NoSchedule, as `kubectl taint` writes the taint';
    throw usageError('--toleration to be key[=value][:effect]', `\`${text}\``, next);
  }
  return {
    key,
    ...(value === undefined ? { operator: 'Exists' } : { operator: 'Equal', value }),
    ...(effect === undefined ? {} : { effect: effect as 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute' }),
  };
}

function parseSelector(text: string): [string, string] {
  const { key, value } = SELECTOR.exec(text)?.groups ?? {};
  if (key !== undefined && value !== undefined) return [key, value];
  throw usageError('--node-selector to be label=value', `\`${text}\``, 'for example pool=load');
}

/** The name of an image in the registry of the cluster: `ghcr.io/a/b:1` is `registry.example.com/a/b:1`. */
export function mirrored(image: string, { registry }: Pick<Placement, 'registry'>): string {
  return registry ? `${registry}/${image.replace(OWN_REGISTRY, '')}` : image;
}

/** As pods and the operator's pods write it; what is not asked for is left out. */
export function pullSecrets({ pull_secrets }: Placement): { imagePullSecrets?: { name: string }[] } {
  return pull_secrets.length > 0 ? { imagePullSecrets: pull_secrets.map((name) => ({ name })) } : {};
}

/** Of a generator. */
export function nodesOf({ tolerations, node_selector }: Placement): {
  tolerations?: IToleration[];
  nodeSelector?: Record<string, string>;
} {
  return {
    ...(tolerations.length > 0 ? { tolerations: [...tolerations] } : {}),
    ...(Object.keys(node_selector).length > 0 ? { nodeSelector: { ...node_selector } } : {}),
  };
}

type Manifests = Map<string, object[]>;
type Container = { readonly image?: string };
type Workload = {
  readonly spec?: { readonly template?: { readonly spec?: { readonly containers?: readonly Container[] } } };
};

/** Gives every pod of Deployments, StatefulSets and Jobs the names of its images in the registry, and the login. */
export function withRegistry(manifests: Manifests, placement: Placement): Manifests {
  const secrets = pullSecrets(placement);
  const place = (manifest: Workload) => {
    const template = manifest.spec?.template;
    if (!template?.spec?.containers) return manifest;
    const containers = template.spec.containers.map((it) => ({ ...it, image: mirrored(it.image ?? '', placement) }));
    return {
      ...manifest,
      spec: { ...manifest.spec, template: { ...template, spec: { ...template.spec, ...secrets, containers } } },
    };
  };
  return new Map([...manifests].map(([file, all]) => [file, all.map(place)]));
}
