import { join, relative } from 'node:path';
import type { TokenKey } from '../../contract/buckets.ts';
import { GRAFANA_ADMIN } from '../../contract/grafana.ts';
import { unusableError } from '../../lib/errors.ts';
import { newSecret, readOptional, writePrivate } from '../../lib/private-files.ts';
import type { Engine, EngineContext } from './engine.ts';

/** Made once for a checkout. `operator` sets InfluxDB up and goes nowhere else; `tokens` come from InfluxDB. */
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

  /** Reads the secrets; makes and keeps them at the first call, before anyone uses them. */
  async load(): Promise<Secrets> {
    const text = await readOptional(this.#file);
    if (text !== null) return this.#parse(text);
    const secrets = {
      operator_token: newSecret(),
      influx_password: newSecret(),
      grafana_password: newSecret(),
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
        'a file that is no JSON',
        'restore it, or delete the state directory (this deletes the stored runs)',
        error,
      );
    }
  }
}

/** The compose file mounts it, and people read it to log in. */
export function grafanaPasswordFile(state_dir: string): string {
  return join(state_dir, 'secrets', 'grafana_password');
}

/** Grafana's password, which is also in a file of its own, mode 0600. */
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

/** How to log in to a Grafana of ours, for people; null where it is not ours, or whoever comes may look. */
export function describeLogin({ env, state_dir }: EngineContext, engine: Engine['name'], cwd: string): string | null {
  if (engine === 'external' || env.GRAFANA_ANONYMOUS === 'true') return null;
  return `log in as ${GRAFANA_ADMIN}, password: cat ${relative(cwd, grafanaPasswordFile(state_dir))}`;
}
