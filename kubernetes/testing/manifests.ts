/** Whether Kubernetes would take a manifest: what its own schemas and the CRD of k6-operator say, without a cluster. */
import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { StatefulSet } from 'kubernetes-models/apps/v1/StatefulSet';
import { Job } from 'kubernetes-models/batch/v1/Job';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { Role } from 'kubernetes-models/rbac.authorization.k8s.io/v1/Role';
import { RoleBinding } from 'kubernetes-models/rbac.authorization.k8s.io/v1/RoleBinding';
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap';
import { Namespace } from 'kubernetes-models/v1/Namespace';
import { PersistentVolumeClaim } from 'kubernetes-models/v1/PersistentVolumeClaim';
import { Secret } from 'kubernetes-models/v1/Secret';
import { Service } from 'kubernetes-models/v1/Service';
import { ServiceAccount } from 'kubernetes-models/v1/ServiceAccount';
import { parse, parseAllDocuments } from 'yaml';

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly data?: Readonly<Record<string, string>>;
  readonly rules?: readonly object[];
}

export const CRD_FILE = 'kubernetes/testing/vendor/k6-operator/k6.io_testruns.yaml';

/** Every manifest of a stream. @throws Error where it is no YAML */
export function manifestsOf(text: string): Manifest[] {
  return parseAllDocuments(text).map((document) => {
    if (document.errors.length > 0) throw document.errors[0];
    return document.toJS() as Manifest;
  });
}

/** @throws Error naming field and expectation */
export function validateManifest(manifest: Manifest): void {
  if (manifest.kind === 'TestRun') {
    validateTestRun(manifest);
    return;
  }
  const model = MODELS[`${manifest.apiVersion}/${manifest.kind}`];
  if (!model) throw new Error(`no schema for ${manifest.apiVersion} ${manifest.kind}`);
  model(manifest).validate();
}

type Validatable = { validate(): void };
// biome-ignore lint/suspicious/noExplicitAny: what is validated is not known to be what the type says
type Any = any;

const MODELS: Readonly<Record<string, (manifest: Any) => Validatable>> = {
  'apps/v1/Deployment': (it) => new Deployment(it),
  'apps/v1/StatefulSet': (it) => new StatefulSet(it),
  'batch/v1/Job': (it) => new Job(it),
  'networking.k8s.io/v1/NetworkPolicy': (it) => new NetworkPolicy(it),
  'rbac.authorization.k8s.io/v1/Role': (it) => new Role(it),
  'rbac.authorization.k8s.io/v1/RoleBinding': (it) => new RoleBinding(it),
  'v1/ConfigMap': (it) => new ConfigMap(it),
  'v1/Namespace': (it) => new Namespace(it),
  'v1/PersistentVolumeClaim': (it) => new PersistentVolumeClaim(it),
  'v1/Secret': (it) => new Secret(it),
  'v1/Service': (it) => new Service(it),
  'v1/ServiceAccount': (it) => new ServiceAccount(it),
};

interface Crd {
  readonly spec: { readonly versions: readonly { name: string; schema: { openAPIV3Schema: Schema } }[] };
}

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
}

let test_run: ValidateFunction | undefined;

function validateTestRun(manifest: Manifest): void {
  test_run ??= compile();
  if (test_run(manifest)) return;
  const [error] = test_run.errors ?? [];
  throw new Error(`TestRun${error?.instancePath} ${error?.message} ${JSON.stringify(error?.params)}`);
}

function compile(): ValidateFunction {
  const crd = parse(readFileSync(new URL(`../../${CRD_FILE}`, import.meta.url), 'utf8')) as Crd;
  const version = crd.spec.versions.find(({ name }) => name === 'v1alpha1');
  if (!version) throw new Error(`${CRD_FILE} has no v1alpha1`);
  const { properties } = version.schema.openAPIV3Schema;
  // Names and labels are of every resource: the API server knows them, and no CRD says them again.
  const schema = { ...closed({ ...version.schema.openAPIV3Schema, properties: { ...properties, metadata: {} } }) };
  return new Ajv({ strict: false, validateFormats: false }).compile(schema);
}

/** Unknown fields are dropped by the API server without a word, which a test must not do. */
function closed(schema: Schema): Schema {
  const { properties, items, additionalProperties: more } = schema;
  const is_open = more !== undefined || schema['x-kubernetes-preserve-unknown-fields'] === true;
  return {
    ...schema,
    ...(properties
      ? { properties: Object.fromEntries(Object.entries(properties).map(([name, it]) => [name, closed(it)])) }
      : {}),
    ...(properties && !is_open ? { additionalProperties: false } : {}),
    ...(typeof more === 'object' ? { additionalProperties: closed(more) } : {}),
    ...(items ? { items: closed(items) } : {}),
  };
}
