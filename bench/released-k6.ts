import { join } from 'node:path';
import { VERSIONS } from '../contract/versions.ts';
import { copyModule, readGoVersion, requireGo, runGo } from '../stack/binaries/go.ts';
import type { EngineContext } from '../stack/engine/engine.ts';

/**
 * The k6 that Grafana Labs releases, without any change: what Loadstar's own build is compared with.
 * @param directory gets the program @returns null without Go
 */
export async function releasedK6(context: EngineContext, version: string, directory: string): Promise<string | null> {
  if ((await readGoVersion(context.env)) === null) return null;
  const major = Number(version.split('.')[0]);
  const module = `go.k6.io/k6${major > 1 ? `/v${major}` : ''}`;
  const go = await requireGo(context, `k6 v${version}`, VERSIONS.go_min);
  const program = join(directory, 'released-k6');
  const options = { cwd: directory, env: { ...go, GOFLAGS: '-buildvcs=false', CGO_ENABLED: '0' } };
  const source = await copyModule(context, 'k6 as released', `${module}@v${version}`, options);
  await runGo(context, 'k6 as released', ['build', '-trimpath', '-o', program, '.'], { ...options, cwd: source });
  return program;
}
