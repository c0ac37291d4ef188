import { join, relative } from 'node:path';
import type { TokenKey } from '../../contract/buckets.ts';
import { GRAFANA_ADMIN } from '../../contract/grafana.ts';
import { unusableError } from '../../lib/errors.ts';
import { createSecret, readOptional, writePrivate } from '../../lib/private-files.ts';
import type { Engine, EngineContext } from './engine.ts';

/** Created once for a checkout. Only the set-up of InfluxDB uses `operator_token`. InfluxDB creates `tokens`. */
export interface Secrets {
  readonly operator_token: string;
  readonly influx_password: string;
  readonly grafana_password: string;
  readonly tokens: Readonly<Partial<Record<TokenKey, string>>>;
}

/** `.loadstar/secrets.json`, mode 0600. */
export class SecretStore {
  readonly #file: string;

  constructor(state_dir: string) {
    this.#file = join(state_dir, 'secrets.json');
  }

  /** Reads the secrets. The first call creates and stores them. */
  async load(): Promise<Secrets> {
    const text = await readOptional(this.#file);
    if (text !== null) return this.#parse(text);
    const secrets = {
      operator_token: createSecret(),
      influx_password: createSecret(),
      grafana_password: createSecret(),
      tokens: {},
    };
    await this.save(secrets);
    return secrets;
  }

  async save(secrets: Secrets): Promise<void> {
    await writePrivate(this.#file, `${JSON.stringify(secrets, null, 2)}\n`);
  }

  #parse(text: string): Secrets {
    try {
      return JSON.parse(text) as Secrets;
    } catch (error) {
      throw unusableError(
        `${this.#file} to hold the secrets of this checkout`,
        'invalid JSON',
        'restore the file, or delete the state directory, which deletes all stored runs',
        error,
      );
    }
  }
}

/** The compose file mounts this file, and users read it to log in. */
export function grafanaPasswordFile(state_dir: string): string {
  return join(state_dir, 'secrets', 'grafana_password');
}

/** Returns the password of Grafana, and writes it to its own file with mode 0600. */
export async function ensureGrafanaPassword({
  state_dir,
  ui,
}: Pick<EngineContext, 'state_dir' | 'ui'>): Promise<string> {
  const { grafana_password } = await new SecretStore(state_dir).load();
  ui.hide([grafana_password]);
  const file = grafanaPasswordFile(state_dir);
  if ((await readOptional(file)) !== grafana_password) await writePrivate(file, grafana_password);
  return grafana_password;
}

/** Describes how to log in to Grafana; null if Loadstar did not start it, or it allows anonymous access. */
export function describeLogin({ env, state_dir }: EngineContext, engine: Engine['name'], cwd: string): string | null {
  if (engine === 'external' || env.GRAFANA_ANONYMOUS === 'true') return null;
  return `log in as ${GRAFANA_ADMIN}, password: cat ${relative(cwd, grafanaPasswordFile(state_dir))}`;
}
