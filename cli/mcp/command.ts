import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { Command } from 'commander';
import { EXIT } from '../../contract/exit-codes.ts';
import type { CommandContext } from '../../lib/context.ts';
import { usageError } from '../../lib/errors.ts';
import { parseDuration_s, parsePositive } from '../../runs/options/options.ts';
import type { CommandFactory } from '../commands/lib/command-factory.ts';
import { RunDesk } from './run-desk.ts';
import { createServer } from './server.ts';

interface Flags {
  readonly allowRun?: true;
  readonly maxRate?: string;
  readonly maxDuration?: string;
}

/** `loadstar mcp`: a server of the Model Context Protocol on stdin and stdout, until the client closes them. */
export const mcpCommand: CommandFactory = (context, report) =>
  new Command('mcp')
    .description('Serve the Model Context Protocol on stdin and stdout: read runs, compare them, explain verdicts.')
    .option(
      '--allow-run',
      'let the client start runs, within --max-rate and --max-duration; never on production targets',
    )
    .option('--max-rate <n>', 'requests a second that each of these runs may make at most')
    .option('--max-duration <time>', 'load that all of these runs together may take at most, such as 10m')
    .action(async (flags: Flags) => {
      const desk = deskOf(flags);
      await serve(context, desk);
      report(EXIT.passed);
    });

function deskOf({ allowRun, maxRate, maxDuration }: Flags): RunDesk | null {
  if (!allowRun) {
    if (maxRate === undefined && maxDuration === undefined) return null;
    throw usageError('--max-rate and --max-duration with --allow-run', 'no --allow-run', 'without it, nothing is run');
  }
  if (maxRate === undefined || maxDuration === undefined) {
    throw usageError(
      '--max-rate and --max-duration, which limit what the client may run',
      'not both',
      'for example --allow-run --max-rate 20 --max-duration 10m',
    );
  }
  return new RunDesk({
    max_rate_rps: parsePositive('--max-rate', maxRate),
    max_duration_s: parseDuration_s('--max-duration', maxDuration),
  });
}

/** A run that is under way when the client goes is stopped: nobody would read its result. */
async function serve(context: CommandContext, desk: RunDesk | null): Promise<void> {
  const gone = new Promise<void>((done) => {
    const server = serveStdio(() => {
      const created = createServer(context, desk);
      created.server.onclose = () => done();
      return created;
    });
    context.stop.addEventListener('abort', () => void server.close().then(done));
  });
  await gone;
  desk?.stop();
  await desk?.result(STOP_TIMEOUT_S);
}

/** A run is judged and stored after its load has been stopped. */
const STOP_TIMEOUT_S = 120;
