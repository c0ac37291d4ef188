import { EXIT } from '../../contract/exit-codes.ts';
import { COMMAND } from '../../contract/package-name.ts';
import { IMAGE_DIGESTS, VERSIONS } from '../../contract/versions.ts';
import { LoadstarError, unusableError } from '../../lib/errors.ts';
import type { EngineContext } from '../engine/engine.ts';
import { inspectImage, runDocker } from './run-docker.ts';

type PullContext = Pick<EngineContext, 'env' | 'signal' | 'ui'>;

export const INFLUXDB_IMAGE = `influxdb:${VERSIONS.influxdb}`;
export const TELEGRAF_IMAGE = `telegraf:${VERSIONS.telegraf}`;
export const GRAFANA_IMAGE = `grafana/grafana:${VERSIONS.grafana}`;

/**
 * Pulls the pinned images that are missing, by their digests, and gives them the tags that docker-compose.yml names. A tag in
 * a registry may move; a digest may not. An image that is there is used as it is: those that were loaded from a file, for
 * machines without a registry, have no digest.
 * @param beforePull what should fail first, because a pull takes minutes
 * @throws LoadstarError (unusable) if the engine cannot pull; the signal's reason if interrupted
 */
export async function pullPinnedImages(
  context: PullContext,
  images: readonly string[],
  beforePull?: () => Promise<void>,
): Promise<void> {
  for (const [image, digest] of Object.entries(IMAGE_DIGESTS)) {
    if (!images.includes(image) || (await inspectImage(context, image)).ok) continue;
    await beforePull?.();
    await context.ui.step(`pulling ${image}`, () => pullImage(context, image, digest));
  }
}

/** Pulls the image of Grafana if it is missing. @returns what is missing, because a run goes on without Grafana; null: nothing */
export async function findMissingGrafana(context: PullContext): Promise<string | null> {
  try {
    await pullPinnedImages(context, [GRAFANA_IMAGE]);
    return null;
  } catch (error) {
    if (!(error instanceof LoadstarError) || error.exit_code !== EXIT.unusable) throw error;
    return `no Grafana: its image ${GRAFANA_IMAGE} is missing and cannot be pulled (${lastLine(error.found ?? '')}); ${error.next}`;
  }
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}

async function pullImage(context: Pick<EngineContext, 'env' | 'signal'>, image: string, digest: string): Promise<void> {
  const pinned = `${image.split(':')[0]}@${digest}`;
  for (const args of [
    ['pull', '--quiet', pinned],
    ['tag', pinned, image],
  ]) {
    const { ok, reason } = await runDocker(context, args);
    if (ok) continue;
    throw unusableError(
      `docker to pull ${image} (${pinned})`,
      reason,
      `check the connection to the registry and run \`${COMMAND} setup\`; without one, load the image: docker load --input FILE`,
    );
  }
}
