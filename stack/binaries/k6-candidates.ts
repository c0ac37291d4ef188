import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { VERSIONS } from '../../contract/versions.ts';
import { usageError } from '../../lib/errors.ts';

/** A k6 that can be built. */
export interface K6Candidate {
  readonly version: string;
  /** What `k6/output/cmd/patch` takes: the version, or the directory of a checkout (absolute). */
  readonly from: string;
}

const RELEASED = /^v?([12]\.\d+\.\d+(?:-[\w.]+)?)$/;
const VERSION_FILE = join('internal', 'build', 'version.go');

/**
 * Which k6 to build, the preferred one first: the checkout of K6_SOURCE, or the release of K6_VERSION, or else the newest
 * release that Loadstar knows, with the last one of v1 for networks whose Go proxy lacks v2.
 * @throws LoadstarError (usage) if K6_VERSION is no version of k6 v1 or v2, or K6_SOURCE no checkout
 */
export async function readK6Candidates(
  env: Readonly<Record<string, string | undefined>>,
): Promise<readonly [K6Candidate, ...K6Candidate[]]> {
  const { K6_SOURCE: source, K6_VERSION: version } = env;
  if (source) return [await readCheckout(source)];
  if (!version) return [released(VERSIONS.k6_v2), released(VERSIONS.k6)];
  const match = RELEASED.exec(version.trim());
  if (match?.[1]) return [released(match[1])];
  throw usageError(
    'K6_VERSION to be a release of k6 v1 or v2',
    `\`${version}\``,
    `set it to such as ${VERSIONS.k6_v2} or ${VERSIONS.k6}, or unset it`,
  );
}

function released(version: string): K6Candidate {
  return { version, from: version };
}

async function readCheckout(source: string): Promise<K6Candidate> {
  const from = resolve(source);
  const text = await readFile(join(from, VERSION_FILE), 'utf8').catch(() => '');
  const version = /^const Version = "(.+)"$/m.exec(text)?.[1];
  if (version) return { version, from };
  throw usageError(
    'K6_SOURCE to be a checkout of https://github.com/grafana/k6, v1.8 or later',
    `\`${source}\` without ${VERSION_FILE}`,
    'set it to the root of the checkout, or unset it',
  );
}
