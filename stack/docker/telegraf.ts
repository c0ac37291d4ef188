import { randomBytes } from 'node:crypto';
import { join, relative } from 'node:path';
import { isOurHost } from '../../contract/ports.ts';
import { removeContainers } from '../engine/containers.ts';
import type { EngineContext, TelegrafLauncher } from '../engine/engine.ts';
import { startTelegrafProcess, TELEGRAF_DIR, TELEGRAF_SETTINGS, telegrafArgs } from '../telegraf/process.ts';
import { type ComposeEnv, composeArgs } from './compose.ts';
import { HOST_FROM_CONTAINER } from './k6-launcher.ts';
import type { DockerNetwork } from './network.ts';
import { pullPinnedImages, TELEGRAF_IMAGE } from './pinned-images.ts';

const MOUNTED_AT = '/loadstar/telegraf';

/** Runs Telegraf in a container for each run. @throws LoadstarError (unusable) if its image cannot be had */
export async function dockerTelegraf(
  context: EngineContext,
  env: ComposeEnv,
  network: DockerNetwork,
): Promise<TelegrafLauncher> {
  await pullPinnedImages(context, [TELEGRAF_IMAGE]);
  return {
    influx_url: ({ url_for_k6 }) => url_for_k6,
    address: (url) => (network === 'host' ? url : addressFromProject(url)),
    // The socket of the engine is as good as root of this machine, and no container of Loadstar gets it.
    docker: null,
    async start(start) {
      const name = `loadstar-telegraf-${randomBytes(4).toString('hex')}`;
      const variables = { ...TELEGRAF_SETTINGS, ...start.env };
      return await startTelegrafProcess(context, start, (file) => {
        // The image's own entry point changes with its releases.
        const options = ['--rm', '--no-deps', '--no-TTY', '--name', name, '--entrypoint', 'sh'];
        const names = Object.keys(variables).flatMap((it) => ['--env', it]);
        const inside = `${MOUNTED_AT}/${relative(join(context.state_dir, TELEGRAF_DIR), file)}`;
        const command = ['telegraf', ...telegrafArgs('telegraf', inside)];
        return {
          program: 'docker',
          args: composeArgs(context.root, ['--profile', 'telegraf', 'run', ...options, ...names, ...command], network),
          env: { ...env, ...variables },
          remove: () => removeContainers([name], env),
        };
      });
    },
  };
}

/** Loopback addresses of the configuration are those of this machine. */
function addressFromProject(text: string): string {
  const url = new URL(text);
  if (isOurHost(url.host)) url.hostname = HOST_FROM_CONTAINER;
  return url.href;
}
