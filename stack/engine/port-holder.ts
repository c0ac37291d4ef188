import { runCommand } from '../../lib/command.ts';
import type { EngineContext } from './engine.ts';

const ANSWER_MS = 2_000;

/**
 * Who listens on a TCP port of this machine: a container, or a process of this user (of others, only root is told).
 * @returns null if nothing can tell
 */
export async function findPortHolder(port: number, env: EngineContext['env']): Promise<string | null> {
  const ask = async (program: string, ...args: string[]) => {
    const { ok, stdout } = await runCommand(program, args, { env, timeout_ms: ANSWER_MS });
    return ok ? stdout.trim() : '';
  };
  const [containers, ss, lsof] = await Promise.all([
    ask('docker', 'ps', '--filter', `publish=${port}`, '--format', '{{.Names}}'),
    ask('ss', '-Hltnp', `sport = :${port}`),
    ask('lsof', '-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc'),
  ]);
  if (containers) return `container ${containers.split('\n').join(', ')}`;
  const [, name, pid] = /users:\(\("([^"]+)",pid=(\d+)/.exec(ss) ?? [];
  if (name) return `${name}, pid ${pid}`;
  const [, its_pid, command] = /^p(\d+)\nc(.+)$/m.exec(lsof) ?? [];
  return command ? `${command}, pid ${its_pid}` : null;
}
