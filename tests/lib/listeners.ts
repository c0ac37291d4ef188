/** What this machine's processes are and listen on, read from /proc (proc(5)); Linux alone. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface OurProcess {
  readonly pid: string;
  readonly cmdline: string;
}

export interface Listener {
  readonly pid: string;
  readonly cmdline: string;
  /** As /proc writes it: hexadecimal, a 32-bit word in the order of the machine's bytes. */
  readonly address: string;
  readonly port: number;
}

/** 127.0.0.1, ::1 and ::ffff:127.0.0.1 as a little-endian machine writes them. */
export const LOOPBACK_ADDRESSES = ['0100007F', '00000000000000000000000001000000', '0000000000000000FFFF00000100007F'];
/** TCP_LISTEN, include/net/tcp_states.h */
const LISTENING = '0A';

/** Processes whose arguments or environment hold one of these texts. */
export function processesWith(texts: readonly string[]): OurProcess[] {
  return pids().flatMap((pid) => {
    const cmdline = read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');
    const all = `${cmdline}\n${read(`/proc/${pid}/environ`)}`;
    return Number(pid) !== process.pid && texts.some((text) => all.includes(text)) ? [{ pid, cmdline }] : [];
  });
}

/** Arguments of every process there is. */
export function allArguments(): string[] {
  return pids().map((pid) => read(`/proc/${pid}/cmdline`).replaceAll('\0', ' '));
}

export function listenersOf(processes: readonly OurProcess[]): Listener[] {
  const sockets = ['tcp', 'tcp6'].flatMap((table) => read(`/proc/self/net/${table}`).split('\n').slice(1));
  const listening = sockets.flatMap((line) => {
    const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
    const [address = '', port = ''] = local.split(':');
    return state === LISTENING ? [{ inode, address, port: Number.parseInt(port, 16) }] : [];
  });
  return processes.flatMap(({ pid, cmdline }) => {
    const inodes = openSockets(pid);
    return listening
      .filter(({ inode }) => inodes.has(`socket:[${inode}]`))
      .map(({ address, port }) => ({ pid, cmdline, address, port }));
  });
}

function openSockets(pid: string): Set<string> {
  try {
    const directory = `/proc/${pid}/fd`;
    return new Set(
      readdirSync(directory).flatMap((name) => {
        try {
          return [readlinkSync(`${directory}/${name}`)];
        } catch {
          return [];
        }
      }),
    );
  } catch {
    return new Set();
  }
}

function pids(): string[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
}

/** A process may end while it is looked at. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
