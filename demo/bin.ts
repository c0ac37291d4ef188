/** Starts the demo clinic. Prints one JSON line when it listens. With `--check`, it only reads the faults. */
import { parseArgs } from 'node:util';
import { EXIT } from '../contract/exit-codes.ts';
import { LOOPBACK, PORTS } from '../contract/ports.ts';
import { createDemo } from './app.ts';
import { FaultError } from './faults/faults.ts';

const DEFAULT_SEED = '1';

function fail(code: number, message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: String(PORTS.demo) },
    host: { type: 'string', default: LOOPBACK },
    seed: { type: 'string', default: DEFAULT_SEED },
    latency: { type: 'string', default: 'on' },
    fault: { type: 'string', multiple: true },
    'exit-with-parent': { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
  },
});

const from_env = (process.env.DEMO_FAULTS ?? '').split(';').filter((fault) => fault.trim() !== '');
const app = await createDemo({
  seed: Number(values.seed),
  latency: values.latency !== 'off',
  faults: values.fault ?? from_env,
}).catch((error: unknown) => {
  if (error instanceof FaultError) fail(EXIT.usage, error.message);
  throw error;
});
if (values.check) process.exit(0);

async function stop(): Promise<void> {
  app.server.closeAllConnections();
  await app.close();
  process.exit(0);
}
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop());
// The parent's end of the pipe closes when it dies, however it dies.
if (values['exit-with-parent']) process.stdin.resume().on('end', () => void stop());

await app.listen({ port: Number(values.port), host: values.host }).catch((error: NodeJS.ErrnoException) => {
  fail(EXIT.unusable, `port ${values.port} cannot be listened on: ${error.message}`);
});
const address = app.server.address();
const port = typeof address === 'object' && address ? address.port : values.port;
process.stdout.write(`${JSON.stringify({ listening: `http://${values.host}:${port}` })}\n`);
