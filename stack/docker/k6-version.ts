import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unusableError } from '../../lib/errors.ts';
import { readJson } from '../../lib/private-files.ts';
import type { EngineContext } from '../engine/engine.ts';
import type { ComposeEnv } from './compose.ts';
import { inspectImage, runDocker } from './run-docker.ts';

/**
 * The version of k6 in the image that `env` selects, such as `1.8.1`: it is the first one that could be downloaded when the
 * image was built. A container is asked once for an image, and its answer kept in the state directory by the image's id.
 * @param wanted the preferred version; another one is said aloud once
 * @throws LoadstarError (unusable) if the image says no version
 */
export async function readImageK6Version(context: EngineContext, env: ComposeEnv, wanted: string): Promise<string> {
  const image = `loadstar-k6:${env.LOADSTAR_IMAGE_TAG}`;
  const docker = { env, signal: context.signal };
  const { stdout: id } = await inspectImage(docker, image);
  const file = join(context.state_dir, 'k6-image.json');
  const known = await readJson<{ id: string; version: string }>(file);
  if (id && known?.id === id) return known.version;
  const result = await runDocker(docker, ['run', '--rm', '--network=none', image, 'version']);
  const version = /v(\d+\.\d+\.\d+\S*)/.exec(result.stdout)?.[1];
  if (!version) {
    throw unusableError(`${image} to say its version`, result.reason, `remove it: \`docker image rm ${image}\``);
  }
  if (version !== wanted) {
    context.ui.warn(
      `k6 v${version} in Docker, because v${wanted} could not be downloaded: K6_VERSION=${wanted} tries it again`,
    );
  }
  await writeFile(file, JSON.stringify({ id, version }));
  return version;
}
