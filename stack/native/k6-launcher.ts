import { OUTPUTS, type OutputName } from '../../contract/outputs.ts';
import { proxyVariables } from '../../lib/proxies.ts';
import { findK6 } from '../binaries/k6.ts';
import type { EngineContext, K6Launcher, K6Process, K6Start } from '../engine/engine.ts';
import { findLoopbackPlace } from '../engine/k6-place.ts';
import { startK6Process } from '../engine/k6-process.ts';
import { findBrowser } from './browser.ts';

/** Variables of the user's environment for k6, besides those of proxies. Any K6_* variable could change the test unnoticed. */
const PASSED_ON = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'SSL_CERT_DIR'];

/** No usage report, and no download of extensions. */
export const K6_SETTINGS = {
  K6_NO_USAGE_REPORT: 'true',
  K6_AUTO_EXTENSION_RESOLUTION: 'false',
} as const;

/** Only Loadstar's build supports this (k6/output/cmd/k6/parent.go): if this process is killed, the load stops. */
const STOP_WITH_US = { LOADSTAR_STOP_WITH_PARENT: 'true' } as const;

/** Runs k6 as a process of this machine. @throws LoadstarError (unusable) if k6 can neither be found nor built */
export async function nativeK6(context: EngineContext): Promise<K6Launcher> {
  const { path, version, is_own, note } = await findK6(context);
  if (!is_own && note) context.ui.warn(note);
  const outputs = (Object.keys(OUTPUTS) as OutputName[]).filter(
    // Another build of k6 has only the standard outputs.
    (name) => (OUTPUTS[name].engines as readonly string[]).includes('native') && (is_own || name !== 'loadstar'),
  );
  return {
    version,
    outputs,
    own_hosts: [],
    sees_host_files: true,
    guards_hosts: is_own,
    browser: await findBrowser(context),
    path: (host_path) => host_path,
    findPlace: findLoopbackPlace,
    has_host_network: true,
    start: (start) => startK6(path, context, start),
  };
}

function startK6(program: string, context: EngineContext, start: K6Start): K6Process {
  const passed_on = Object.fromEntries(PASSED_ON.map((name) => [name, context.env[name]]));
  return startK6Process({
    program,
    args: start.args,
    // As with `k6 run`: scripts write files relative to it, such as screenshots of pages.
    cwd: context.cwd,
    env: { ...passed_on, ...proxyVariables(context.env), ...K6_SETTINGS, ...STOP_WITH_US, ...start.env },
    onLine: start.onLine,
  });
}
