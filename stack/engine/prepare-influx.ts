import { COMMAND } from '../../contract/package-name.ts';
import { VERSIONS } from '../../contract/versions.ts';
import { ForeignSetupError, readServerVersion, setUpInflux, type Tokens } from '../../influxdb/setup.ts';
import { messageOf, unusableError } from '../../lib/errors.ts';
import { describeRetention, readRetention } from '../../project/retention.ts';
import type { EngineContext } from './engine.ts';
import { SecretStore } from './secrets.ts';

/** Sets up the InfluxDB of the engines native and docker, and keeps its tokens. @throws LoadstarError (unusable); (usage) for an invalid RETENTION_* */
export async function prepareInflux(context: EngineContext, url: string): Promise<Tokens> {
  const retention_s = readRetention(context.env);
  const store = new SecretStore(context.state_dir);
  const secrets = await store.load();
  context.ui.hide([secrets.operator_token, secrets.influx_password, ...Object.values(secrets.tokens)]);
  try {
    const tokens = await setUpInflux({
      url,
      operator_token: secrets.operator_token,
      password: secrets.influx_password,
      tokens: secrets.tokens,
      retention_s,
      onRetention: (change) => context.ui.warn(describeRetention(change)),
    });
    if (Object.entries(tokens).some(([key, token]) => secrets.tokens[key as keyof Tokens] !== token)) {
      await store.save({ ...secrets, tokens });
    }
    context.ui.hide(Object.values(tokens));
    await warnOfOtherVersion(context, url);
    return tokens;
  } catch (error) {
    const foreign = error instanceof ForeignSetupError;
    throw unusableError(
      foreign
        ? `the InfluxDB at ${url} to be the one that this checkout set up`
        : `the InfluxDB at ${url} to be set up`,
      messageOf(error),
      foreign
        ? `restore ${context.state_dir}/secrets.json, or delete the data: loadstar down --delete-data`
        : `see \`${COMMAND} status\``,
      error,
    );
  }
}

/** A server of the version before keeps running over an upgrade of Loadstar, because runs may use it. */
async function warnOfOtherVersion({ ui }: EngineContext, url: string): Promise<void> {
  const version = await readServerVersion(url);
  if (version === null || version === VERSIONS.influxdb) return;
  ui.warn(
    `InfluxDB ${version} is still running, and this version of Loadstar uses ${VERSIONS.influxdb}: \`${COMMAND} down\`, then \`${COMMAND} up\` (data and tokens are kept)`,
  );
}
