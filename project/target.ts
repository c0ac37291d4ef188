import { resolve } from 'node:path';
import { DEMO_TARGET } from '../contract/demo.ts';
import type { TelemetryConfig } from '../contract/telemetry.ts';
import { usageError } from '../lib/errors.ts';
import { chooseText } from '../lib/near-name.ts';
import { resolveCredentials, resolveVariables, type Variables } from './credentials.ts';
import type { Config, LoadedConfig } from './load-config.ts';
import type { AskedTelemetry } from './telemetry.ts';

/** A target of the configuration, with its secrets from the environment. */
export interface NamedTarget {
  readonly name: string;
  readonly base_url: string;
  readonly allowed_hosts: readonly string[];
  /** Secret. */
  readonly headers: Readonly<Record<string, string>>;
  readonly ca_file: string | null;
  /** null: the default profile. */
  readonly profile: string | null;
  /** A production target. */
  readonly production: boolean;
  /** Variables that its scenarios find in `__ENV`. Secret. */
  readonly environment: Readonly<Record<string, string>>;
  /** Whether what it answered to failed requests may be kept. */
  readonly keeps_examples: boolean;
  /** null: nothing is collected of it. */
  readonly telemetry: AskedTelemetry | null;
  /** null: its requests carry no trace context. */
  readonly traces: { readonly sampled_share: number; readonly url: string | null } | null;
}

/** The built-in demo clinic as the target of runs. A team may have a target of that name too: they have no history in common. */
export function demoName({ targets = {} }: Config): string {
  return Object.hasOwn(targets, DEMO_TARGET.name) ? DEMO_TARGET.other_name : DEMO_TARGET.name;
}

/** One request in a hundred: enough to find the slow ones among thousands, and little for a tracing back end. */
const SAMPLED_SHARE = 0.01;

/** @throws LoadstarError (usage) for an unknown name or an unset variable */
export function resolveTarget(name: string, { config, file, directory }: LoadedConfig, env: Variables): NamedTarget {
  const targets = config.targets ?? {};
  const target = Object.hasOwn(targets, name) ? targets[name] : undefined;
  if (!target) {
    const names = Object.keys(targets);
    throw usageError(
      'a target of the configuration',
      `\`${name}\``,
      names.length > 0
        ? chooseText(name, names)
        : `${file ?? 'loadstar.config.ts'} has no \`targets\` yet: docs/own-app.md shows one`,
    );
  }
  const field = (path: string) => `targets.${name}.${path}`;
  return {
    name,
    base_url: target.base_url,
    allowed_hosts: target.allowed_hosts ?? [],
    headers: resolveCredentials(target, field, env),
    ca_file: target.ca_file ? resolve(directory, target.ca_file) : null,
    profile: target.profile ?? null,
    production: target.production ?? false,
    keeps_examples: target.examples ?? true,
    traces: target.traces
      ? { sampled_share: target.traces.sampled_share ?? SAMPLED_SHARE, url: target.traces.url ?? null }
      : null,
    // Optional fields of the schema may be undefined, which is to leave them out.
    telemetry: target.telemetry
      ? { config: target.telemetry as TelemetryConfig, field: field('telemetry'), directory }
      : null,
    environment: resolveVariables(target.environment ?? {}, field('environment'), env),
  };
}
