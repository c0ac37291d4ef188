import { readdir, readFile, readlink, stat } from 'node:fs/promises';

/** LISTEN, and where address and inode stand in a line of /proc/net/tcp (proc(5)). */
const LISTENING = '0A';
const [LOCAL, STATE, INODE] = [1, 3, 9];

/**
 * Who listens on a port of this machine, in words: `pid 123 (influxd, in /home/me/app/.loadstar/influxdb, since …)`.
 * @returns null where the system does not say: not Linux, or a process of somebody else
 */
export async function portHolder(port: number): Promise<string | null> {
  try {
    const inodes = (await Promise.all(['tcp', 'tcp6'].map((name) => listeners(name, port)))).flat();
    const pid = inodes.length > 0 ? await ownerOf(inodes.map((inode) => `socket:[${inode}]`)) : null;
    return pid === null ? null : await inWords(pid);
  } catch {
    return null;
  }
}

async function listeners(table: string, port: number): Promise<string[]> {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const lines = (await readFile(`/proc/net/${table}`, 'utf8').catch(() => '')).split('\n').slice(1);
  return lines.flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    return fields[LOCAL]?.endsWith(suffix) && fields[STATE] === LISTENING ? [fields[INODE] ?? ''] : [];
  });
}

async function ownerOf(sockets: readonly string[]): Promise<string | null> {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
    for (const descriptor of descriptors) {
      const link = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '');
      if (sockets.includes(link)) return pid;
    }
  }
  return null;
}

async function inWords(pid: string): Promise<string> {
  const name = (await readFile(`/proc/${pid}/comm`, 'utf8')).trim();
  const place = await readlink(`/proc/${pid}/cwd`);
  const since = (await stat(`/proc/${pid}`)).ctime.toISOString();
  return `pid ${pid} (${name}, in ${place}, since ${since})`;
}
