import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SCRIPT_ENV } from '../../contract/env.ts';
import { unusableError } from '../../lib/errors.ts';
import { hostAllowed } from '../../profiles/hosts.ts';
import type { K6Launcher } from '../../stack/engine/engine.ts';
import type { RunOptions } from './options.ts';
import { hostEnv } from './script-env.ts';

export interface ProbeByK6 {
  readonly launcher: K6Launcher;
  readonly options: RunOptions;
  /** As k6 gets it. */
  readonly base_url: string;
  /** PEM file as k6 sees it; null: no private CA. */
  readonly ca_file: string | null;
  /** For the script of the probe: k6 sees it. */
  readonly directory: string;
  readonly stop: AbortSignal;
}

/** The end of a line that k6 prints; before it may be a prefix of its log. */
const ANSWER = /LOADSTAR_PROBE (?<error>.*)$/;
const SCRIPT = `import http from 'k6/http';
export default function () {
  const params = { headers: JSON.parse(__ENV.${SCRIPT_ENV.headers}), redirects: 0, timeout: '10s' };
  console.log('LOADSTAR_PROBE ' + http.get(__ENV.${SCRIPT_ENV.base_url}, params).error.replace(/\\n/g, ' '));
}
export function handleSummary() { return {}; }
`;

/**
 * Asks the target once from where the load comes from, if that is not the network of this machine. Any HTTP status is an
 * answer: judging is what the run is for.
 * @throws LoadstarError (unusable) if k6 gets no answer; the signal's reason if interrupted
 */
export async function probeByK6({ launcher, options, base_url, ca_file, directory, stop }: ProbeByK6): Promise<void> {
  const script = join(directory, 'probe.js');
  await writeFile(script, SCRIPT);
  let error: string | undefined;
  const lines: string[] = [];
  const k6 = launcher.start({
    args: ['run', '--quiet', '--log-format', 'raw', '--no-color', launcher.path(script)],
    env: {
      [SCRIPT_ENV.base_url]: base_url,
      [SCRIPT_ENV.headers]: JSON.stringify(options.target.headers),
      ...hostEnv(options, launcher.own_hosts),
      ...(options.target.insecure ? { K6_INSECURE_SKIP_TLS_VERIFY: 'true' } : {}),
      ...(ca_file ? { SSL_CERT_FILE: ca_file } : {}),
    },
    onLine(line) {
      lines.push(line);
      error ??= ANSWER.exec(line)?.groups?.error;
    },
  });
  const kill = () => k6.kill();
  stop.addEventListener('abort', kill);
  const exit_code = await k6.exited;
  stop.removeEventListener('abort', kill);
  stop.throwIfAborted();
  // With HTTP status 400 and above, k6 has an error code but no error text.
  if (error === '') return;
  const { hostname } = new URL(base_url);
  throw unusableError(
    `${base_url} to answer k6 in its container`,
    error ?? lines.at(-1) ?? `k6 ended with code ${exit_code}`,
    hostAllowed(hostname, [])
      ? 'let the server listen on all addresses of this machine, or set DOCKER_NETWORK=host (Linux) or ENGINE=native'
      : `check that containers reach ${hostname}, or set DOCKER_NETWORK=host (Linux) or ENGINE=native`,
  );
}
