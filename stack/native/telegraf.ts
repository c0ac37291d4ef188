import { proxyVariables } from '../../lib/proxies.ts';
import { findTelegraf } from '../binaries/telegraf.ts';
import type { EngineContext, TelegrafLauncher } from '../engine/engine.ts';
import { startTelegrafProcess, TELEGRAF_SETTINGS, telegrafArgs } from '../telegraf/process.ts';

const DOCKER_SOCKET = 'unix:///var/run/docker.sock';
const PASSED_ON = ['PATH', 'HOME', 'TMPDIR', 'SSL_CERT_DIR'];

/** Runs Telegraf as a process of this machine. @throws LoadstarError (unusable) if it can neither be found nor built */
export async function nativeTelegraf(context: EngineContext): Promise<TelegrafLauncher> {
  const program = await findTelegraf(context);
  const passed_on = Object.fromEntries(PASSED_ON.map((name) => [name, context.env[name]]));
  return {
    influx_url: ({ url }) => url,
    address: (url) => url,
    docker: context.env.DOCKER_HOST || DOCKER_SOCKET,
    start: (start) =>
      startTelegrafProcess(context, start, (file) => ({
        program: 'sh',
        args: telegrafArgs(program, file),
        env: { ...passed_on, ...proxyVariables(context.env), ...TELEGRAF_SETTINGS, ...start.env },
      })),
  };
}
