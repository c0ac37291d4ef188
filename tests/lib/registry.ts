import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface PackageJson {
  readonly name: string;
  readonly version: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** A registry of npm packages, for tests without a network. */
export interface Registry {
  readonly url: string;
  /** Names of the packages that were asked for. */
  readonly requested: ReadonlySet<string>;
  close(): Promise<void>;
}

/**
 * Serves the packages that are installed in these directories, and tarballs, to any package manager. Packages for other systems
 * are not installed, so they do not exist.
 */
export async function startRegistry(
  modules: readonly string[],
  tarballs: ReadonlyMap<string, string>,
): Promise<Registry> {
  const packages = modules.flatMap(packagesIn);
  const requested = new Set<string>();
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://any').pathname).slice(1);
    const [, name = path, version] = /^(.+)\/-\/(.+)\.tgz$/.exec(path) ?? [];
    requested.add(name);
    const found = packages.filter((it) => it.manifest.name === name);
    const own = tarballs.get(name);
    if (version !== undefined) {
      const directory = found.find((it) => it.manifest.version === version)?.directory;
      const data = own ? readFileSync(own) : directory ? packed(directory) : null;
      response.writeHead(data ? 200 : 404, { 'content-type': 'application/octet-stream' }).end(data);
      return;
    }
    const manifests = own ? [manifestIn(own)] : found.map(({ manifest }) => manifest);
    response.writeHead(manifests.length > 0 ? 200 : 404, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify(document(name, manifests, `http://127.0.0.1:${(server.address() as AddressInfo).port}`)),
    );
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    requested,
    close: () => new Promise((done) => server.close(() => done())),
  };

  function document(name: string, manifests: readonly PackageJson[], url: string) {
    const versions = manifests.map((manifest) => {
      const installed = Object.entries(manifest.optionalDependencies ?? {}).filter(([it]) =>
        packages.some((other) => other.manifest.name === it),
      );
      const dist = { tarball: `${url}/${name}/-/${manifest.version}.tgz` };
      return [manifest.version, { ...manifest, optionalDependencies: Object.fromEntries(installed), dist }] as const;
    });
    return { name, 'dist-tags': { latest: manifests.at(-1)?.version }, versions: Object.fromEntries(versions) };
  }
}

function packagesIn(modules: string): { readonly directory: string; readonly manifest: PackageJson }[] {
  const names = readdirSync(modules)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) => (name.startsWith('@') ? readdirSync(join(modules, name)).map((it) => join(name, it)) : [name]));
  return names.flatMap((name) => {
    const directory = join(modules, name);
    const file = join(directory, 'package.json');
    if (!existsSync(file)) return [];
    const below = join(directory, 'node_modules');
    const nested = existsSync(below) ? packagesIn(below) : [];
    const manifest = JSON.parse(readFileSync(file, 'utf8')) as PackageJson;
    // As the registry does: one package calls its version `v0.0.21`.
    return [{ directory, manifest: { ...manifest, version: manifest.version.replace(/^v/, '') } }, ...nested];
  });
}

function packed(directory: string): Buffer {
  const place = mkdtempSync(join(tmpdir(), 'loadstar-packed-'));
  try {
    symlinkSync(directory, join(place, 'package'));
    const args = ['-czhf', '-', '-C', place, '--exclude', 'package/node_modules', 'package'];
    return execFileSync('tar', args, { maxBuffer: 200 * 1024 * 1024 });
  } finally {
    rmSync(place, { recursive: true });
  }
}

function manifestIn(tarball: string): PackageJson {
  return JSON.parse(execFileSync('tar', ['-xzOf', tarball, 'package/package.json']).toString()) as PackageJson;
}
