import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineContext } from '../engine/engine.ts';
import { type ComposeEnv, runCompose } from './compose.ts';
import { requirePorts } from './ports.ts';
import { inspectImage } from './run-docker.ts';

/** Services of docker-compose.yml whose images are built here. */
export type BuiltService = 'k6' | 'inbox' | 'demo';

const HASH_DIGITS = 12;
/** Build arguments that users may change (docker-compose.yml). */
const BUILD_ARGS: Readonly<Record<BuiltService, readonly string[]>> = {
  k6: ['WITH_XK6_OUTPUT_INFLUXDB', 'K6_VERSION'],
  inbox: [],
  demo: [],
};

/**
 * The tag of an image: a hash of all that it is built from. So an image that exists is never built again, checkouts of the
 * same content share it, and others never replace it.
 */
export async function imageTag(root: string, service: BuiltService, env: ComposeEnv): Promise<string> {
  const dockerfile = await readFile(join(root, service, 'Dockerfile'), 'utf8');
  const ignore = await readFile(join(root, '.dockerignore'), 'utf8');
  const hash = createHash('sha256').update(JSON.stringify([dockerfile, BUILD_ARGS[service].map((name) => env[name])]));
  for (const file of await listSources(root, dockerfile, ignoredNames(ignore))) {
    hash
      .update(`${file}\0`)
      .update(await readFile(join(root, file)))
      .update('\0');
  }
  return hash.digest('hex').slice(0, HASH_DIGITS);
}

/** Builds the image of a service if it does not exist. @returns the variables of docker-compose.yml that select it */
export async function ensureImage(context: EngineContext, env: ComposeEnv, service: BuiltService): Promise<ComposeEnv> {
  const tag = await imageTag(context.root, service, env);
  const with_tag = { ...env, LOADSTAR_IMAGE_TAG: tag };
  const { ok } = await inspectImage({ env, signal: context.signal }, `loadstar-${service}:${tag}`);
  if (!ok) {
    await requirePorts(context, env);
    await context.ui.step(`building the image of ${service} (once)`, () =>
      runCompose(context, ['build', '--quiet', service], with_tag),
    );
  }
  return with_tag;
}

/** The files that a Dockerfile copies from the build context, sorted. A name with `*` may match nothing. */
async function listSources(root: string, dockerfile: string, ignored: readonly RegExp[]): Promise<string[]> {
  const copied = [...dockerfile.matchAll(/^COPY (?!--)(.+) \S+$/gm)].flatMap(([, sources = '']) => sources.split(' '));
  const files = await Promise.all(copied.map((path) => listFiles(root, path.replace(/[*/]+$/, ''), ignored)));
  return files.flat().sort();
}

async function listFiles(root: string, path: string, ignored: readonly RegExp[]): Promise<string[]> {
  try {
    const entries = await readdir(join(root, path), { withFileTypes: true });
    const kept = entries.filter(({ name }) => !ignored.some((pattern) => pattern.test(name)));
    const below = kept.map(({ name }) => listFiles(root, join(path, name), ignored));
    return (await Promise.all(below)).flat();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTDIR') return [path];
    if (code === 'ENOENT') return [];
    throw error;
  }
}

/** Patterns of .dockerignore that hold for names at every depth, such as those of tests. */
function ignoredNames(dockerignore: string): RegExp[] {
  const names = [...dockerignore.matchAll(/^\*\*\/(\S+)$/gm)].map(([, name = '']) => name);
  return names.map((name) => new RegExp(`^${name.replaceAll('.', '\\.').replaceAll('*', '.*')}$`));
}
