/**
 * What comes with a release: k6 and influxd for each platform, compressed. tools/release.ts writes the list of them into the
 * package that is published, so their hashes are as trustworthy as the package. A checkout has no list, and builds.
 */
export interface ReleaseList {
  /** Version of the package that this list belongs to. */
  readonly version: string;
  /** Directory of the files, without a slash at its end. It is named here alone. */
  readonly address: string;
  /** By file name. */
  readonly files: Readonly<Record<string, ReleasedFile>>;
}

export interface ReleasedFile {
  /** Of the compressed file, as SHA256SUMS of the release has it. */
  readonly sha256: string;
  readonly size_bytes: number;
}

/** Where the list is in the package. */
export const RELEASE_LIST = 'stack/binaries/released.json';

/** Go's names of what Node.js calls `x64`; the others have one name. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64' };

/**
 * Name of a released binary.
 * @param key its name in the cache, such as `k6-1.8.1-0dcfd0825cce`: other sources have another one
 * @param platform as `process.platform` has it
 * @param arch as `process.arch` has it
 */
export function releasedFileName(key: string, platform: string, arch: string): string {
  return `${key}-${platform}-${ARCHITECTURES[arch] ?? arch}.gz`;
}
