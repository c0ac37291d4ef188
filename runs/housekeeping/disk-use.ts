import { lstat, readdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { SPOOL_DIR } from '../../contract/run-files.ts';
import type { EngineContext } from '../../stack/engine/engine.ts';

export interface DiskPart {
  readonly part: 'InfluxDB' | 'Grafana' | 'logs' | 'spool' | 'results' | 'binaries';
  /** null: it is not where we can look. */
  readonly bytes: number | null;
  readonly where: string;
}

/** Of the servers that keep their data and log in the state directory. */
const SERVICES = ['influxdb', 'grafana', 'inbox'] as const;
/** stack/native/service.ts. */
const LOG = 'log';
const BLOCK_BYTES = 512;

/** Bytes on the disk below a path, links not followed; 0 where it is not. What goes while it is counted counts as gone. */
export async function measureBytes(path: string): Promise<number> {
  try {
    const found = await lstat(path);
    if (!found.isDirectory()) return found.blocks * BLOCK_BYTES;
    let bytes = found.blocks * BLOCK_BYTES;
    for (const name of await readdir(path)) bytes += await measureBytes(join(path, name));
    return bytes;
  } catch {
    return 0;
  }
}

/** Where the servers keep their data, by the engine, if that is not the state directory. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  docker: "in Docker's volumes: docker system df -v",
  external: "the team's own server",
};

/** @param engine its name: it says where the servers' data is */
export async function measureDiskUse(context: EngineContext, results_dir: string, engine: string): Promise<DiskPart[]> {
  const { state_dir, cache_dir } = context;
  const logs = await Promise.all(SERVICES.map((name) => measureBytes(join(state_dir, name, LOG))));
  const server = async (part: 'InfluxDB' | 'Grafana', name: (typeof SERVICES)[number]): Promise<DiskPart> => {
    const where = join(state_dir, name);
    const elsewhere = ELSEWHERE[engine];
    if (elsewhere) return { part, bytes: null, where: elsewhere };
    return { part, bytes: (await measureBytes(where)) - (await measureBytes(join(where, LOG))), where };
  };
  const one = async (part: DiskPart['part'], where: string): Promise<DiskPart> => ({
    part,
    bytes: await measureBytes(where),
    where,
  });
  return [
    await server('InfluxDB', 'influxdb'),
    await server('Grafana', 'grafana'),
    { part: 'logs', bytes: logs.reduce((sum, bytes) => sum + bytes, 0), where: join(state_dir, '*', LOG) },
    await one('spool', join(state_dir, SPOOL_DIR)),
    await one('results', results_dir),
    await one('binaries', cache_dir),
  ];
}

export interface DiskRoom {
  readonly path: string;
  readonly free_bytes: number;
  readonly total_bytes: number;
}

/** null where there is no such path yet. */
export async function measureDiskRoom(path: string): Promise<DiskRoom | null> {
  try {
    const { bavail, bsize, blocks } = await statfs(path);
    return { path, free_bytes: bavail * bsize, total_bytes: blocks * bsize };
  } catch {
    return null;
  }
}

const GIB = 2 ** 30;
const LEAST_BYTES = GIB;
const LEAST_SHARE = 0.05;
const PLENTY_BYTES = 10 * GIB;

/**
 * InfluxDB rewrites what it compacts beside the old files, and spools take up to 4 GiB (K6_LOADSTAR_SPOOL_LIMIT): a
 * twentieth of the disk should be free, at least 1 GiB, and 10 GiB are enough on any.
 */
export function isNearlyFull({ free_bytes, total_bytes }: DiskRoom): boolean {
  return free_bytes < Math.min(PLENTY_BYTES, Math.max(LEAST_BYTES, total_bytes * LEAST_SHARE));
}
