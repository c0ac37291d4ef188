import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { LOOPBACK } from '../../contract/ports.ts';

/** Below those that the system gives to whoever names none, clients included: https://docs.kernel.org/networking/ip-sysctl.html */
const FIRST = 12_000;
const END = Math.min(32_768, firstOfSystem());
/** Test files side by side take theirs from blocks of their own. */
const BLOCKS = 4;
const BLOCK = Math.floor((END - FIRST) / BLOCKS);

const block = Number(process.env.VITEST_POOL_ID ?? 0) % BLOCKS;
let next = process.pid % BLOCK;

/**
 * A port for a server that a test starts later, and maybe again and again. A port that the system gives as free may
 * meanwhile become the source of somebody's connection, and then no server starts on it.
 */
export async function portForLater(): Promise<number> {
  for (let tried = 0; tried < BLOCK; tried += 1) {
    const port = FIRST + block * BLOCK + next;
    next = (next + 1) % BLOCK;
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port from ${FIRST + block * BLOCK} on`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((answer) => {
    const server = createServer();
    server.once('error', () => answer(false));
    server.listen(port, LOOPBACK, () => server.close(() => answer(true)));
  });
}

function firstOfSystem(): number {
  try {
    return Number.parseInt(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8'), 10);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
