/** The only file that uses process.*: all other code gets what it needs from here. */
import { createInterface } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';
import { EXIT } from '../contract/exit-codes.ts';

/** npx and the terminal may both deliver one Ctrl-C. A deliberate second one comes later than this. */
const SAME_INTERRUPT_MS = 1_000;

const stop = new AbortController();
const force = new AbortController();
let first_ms = 0;
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    if (first_ms === 0) {
      first_ms = performance.now();
      stop.abort(name);
    } else if (performance.now() - first_ms > SAME_INTERRUPT_MS) force.abort(name);
  });
}

/** Asks in the terminal's own line mode, so that Ctrl-C remains a signal, and not on stdout, which is for data. */
async function ask(question: string): Promise<string | null> {
  const { stdin: input, stderr: output } = process;
  if (!input.isTTY || !output.isTTY) return null;
  const lines = createInterface({ input, output, terminal: false });
  try {
    return await lines.question(question, { signal: stop.signal });
  } finally {
    lines.close();
  }
}

/** Why stdout takes no more, such as a full disk. Who reads no further (`| head`) is no failure. */
let stdout_fault: Error | null = null;
function noteFault(error: NodeJS.ErrnoException | null | undefined): void {
  if (error && error.code !== 'EPIPE') stdout_fault ??= error;
}
process.stdout.on('error', noteFault);
process.stderr.on('error', () => undefined);

const [command] = process.argv.slice(2);
// Load goes on while this process starts. Alone, the stop command loads in a third of the time.
const { main } = command === 'stop' ? await import('./stop-main.ts') : await import('./main.ts');
const exit_code = await main({
  args: process.argv.slice(2),
  env: process.env,
  cwd: process.cwd(),
  root: fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, ''),
  node_path: process.execPath,
  stdout: process.stdout,
  stderr: process.stderr,
  ask,
  stop: stop.signal,
  force: force.signal,
});

// Exit when the pipes have taken everything. Open keep-alive sockets must not hold the process.
process.stdout.write('', (error) => {
  noteFault(error);
  if (stdout_fault)
    process.stderr.write(
      `error: expected stdout to take the results\n  found: ${stdout_fault.message}\n  next:  free disk space, or write to another file\n`,
    );
  const code = stdout_fault && exit_code === EXIT.passed ? EXIT.unusable : exit_code;
  process.stderr.write('', () => process.exit(code));
});
