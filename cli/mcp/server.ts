/** Loadstar for programs that speak the Model Context Protocol. A tool is a command, with the brakes that a person has. */
import { type CallToolResult, McpServer } from '@modelcontextprotocol/server';
import * as z from 'zod';
import { EXIT, EXIT_MEANING } from '../../contract/exit-codes.ts';
import { RunStore } from '../../influxdb/runs.ts';
import type { CommandContext } from '../../lib/context.ts';
import { LoadstarError, messageOf, usageError } from '../../lib/errors.ts';
import { packageVersion } from '../../lib/package-version.ts';
import { projectName } from '../../project/project-name.ts';
import { readSummary } from '../../report/files/read-summary.ts';
import { markdownSummary } from '../../report/markdown/markdown.ts';
import { runOverTime } from '../../report/pages/gather.ts';
import { compareCommand } from '../commands/compare.ts';
import { connectToHistory } from '../commands/lib/connect.ts';
import { listCommand } from '../commands/list.ts';
import { runCommand } from '../commands/run.ts';
import { type CapturedCall, callCommand } from './captured-call.ts';
import { type DeskState, type RunDesk, readSummaries } from './run-desk.ts';

/** A client gives up after a minute, unless it was told otherwise. */
const LONGEST_WAIT_S = 50;
const MOST_RUNS = 100;
const MOST_REQUESTS = 30;

const READS = { readOnlyHint: true } as const;
const RUN_ID = z.string().describe('id of the run, as list_runs gives it');

/** @param desk starts runs; null: the server only reads */
export function createServer(context: CommandContext, desk: RunDesk | null): McpServer {
  const server = new McpServer({ name: 'loadstar', version: packageVersion(context.root) });
  addReading(server, context);
  if (desk) addRunning(server, context, desk);
  return server;
}

function addReading(server: McpServer, context: CommandContext): void {
  server.registerTool(
    'list',
    { description: 'Scenarios, load profiles and targets that a run can be called with.', annotations: READS },
    () => answer(async () => printed(await callCommand(context, listCommand, ['list', '--json']))),
  );
  server.registerTool(
    'list_runs',
    {
      description: 'Earlier runs, newest first, with their verdicts and headline figures.',
      inputSchema: z.object({
        limit: z.int().min(1).max(MOST_RUNS).default(20),
        scenario: z.string().optional().describe('of this scenario alone'),
      }),
      annotations: READS,
    },
    ({ limit, scenario }) => answer(async () => JSON.stringify(await listRuns(context, limit, scenario))),
  );
  server.registerTool(
    'explain_verdict',
    {
      description:
        'Why a run has its verdict: SLOs with limits and values, the comparison with its history, requests that changed, completeness of the data, failures. Markdown.',
      inputSchema: z.object({ run: RUN_ID }),
      annotations: READS,
    },
    ({ run }) => answer(() => explain(context, run)),
  );
  server.registerTool(
    'read_series',
    {
      description:
        'How a run developed: throughput, failed requests, users, p50, p95 and p99 of the latency, in steps from its first request on.',
      inputSchema: z.object({ run: RUN_ID }),
      annotations: READS,
    },
    ({ run }) => answer(async () => JSON.stringify(await readSeries(context, run))),
  );
  server.registerTool(
    'compare_runs',
    {
      description: 'Two runs compared by metric and by request, worst changes first. Markdown.',
      inputSchema: z.object({
        before: z.string().describe('run id, or `previous` or `baseline` of `after`'),
        after: z.string().describe('run id, or `newest`'),
      }),
      annotations: READS,
    },
    ({ before, after }) =>
      answer(async () =>
        printed(await callCommand(context, compareCommand, ['compare', '--markdown', '--', before, after])),
      ),
  );
}

function addRunning(server: McpServer, context: CommandContext, desk: RunDesk): void {
  server.registerTool(
    'start_run',
    {
      description:
        'Starts a load test, and returns at once; run_result waits for its end. Targets that are marked as production are refused, and so is what exceeds the rate and time budget of this server.',
      inputSchema: z.object({
        scenario: z.string().describe('name, as list gives it'),
        profile: z.string().optional().describe('load profile; left out: as the target or the default says'),
        target: z
          .string()
          .optional()
          .describe('name of a target; left out: the demo, or what the server was started with'),
        duration: z.string().optional().describe('such as 60s or 5m'),
      }),
      annotations: { readOnlyHint: false, destructiveHint: false, openWorldHint: true },
    },
    ({ scenario, ...options }) =>
      answer(async () => {
        const given = Object.entries(options).flatMap(([name, value]) =>
          value === undefined ? [] : [`--${name}=${value}`],
        );
        desk.start((limits, stop) =>
          callCommand(context, runCommand, ['run', '--json', ...given, ...limits, '--', scenario], stop),
        );
        return 'started: ask run_result for its end';
      }),
  );
  server.registerTool(
    'run_result',
    {
      description:
        'Waits for the run that start_run has started, and returns its verdict, or that it is still under way.',
      inputSchema: z.object({ wait_s: z.number().min(0).max(LONGEST_WAIT_S).default(LONGEST_WAIT_S) }),
      annotations: READS,
    },
    ({ wait_s }) => answer(async () => resultText(await desk.result(wait_s))),
  );
  server.registerTool(
    'stop_run',
    {
      description: 'Stops the load of the run that start_run has started.',
      annotations: { readOnlyHint: false, destructiveHint: false },
    },
    () =>
      answer(async () => {
        desk.stop();
        return resultText(await desk.result(LONGEST_WAIT_S));
      }),
  );
}

/** A mistake is told to the client as it is told to a person. */
async function answer(work: () => Promise<string>): Promise<CallToolResult> {
  try {
    return { content: [{ type: 'text', text: await work() }] };
  } catch (error) {
    const { found = null, next = null } = error instanceof LoadstarError ? error : {};
    const expected = error instanceof LoadstarError ? `expected ${error.message}` : messageOf(error);
    const lines = [expected, found && `found: ${found}`, next && `next: ${next}`].filter(Boolean);
    return { content: [{ type: 'text', text: lines.join('\n') }], isError: true };
  }
}

/** @throws Error with what the command told people, if it has failed */
function printed({ exit_code, stdout, stderr }: CapturedCall): string {
  if (exit_code === EXIT.passed) return stdout;
  throw new Error(stderr.trim() || EXIT_MEANING[exit_code]);
}

async function listRuns(context: CommandContext, limit: number, scenario: string | undefined) {
  const store = new RunStore(await connectToHistory(context));
  const records = await store.list(scenario === undefined ? limit : MOST_RUNS, await projectName(context));
  const wanted = records.filter((run) => scenario === undefined || run.scenario === scenario).slice(0, limit);
  return wanted.map((run) => ({
    ...{ run: run.testid, scenario: run.scenario, profile: run.profile, target: run.target, branch: run.branch },
    ...{ started: run.started, status: run.status, comparison: run.comparison, verdict: run.verdict },
    ...{ requests: run.requests, p95_ms: run.p95_ms, error_rate: run.error_rate, throughput_rps: run.throughput_rps },
  }));
}

async function explain(context: CommandContext, run: string): Promise<string> {
  const summary = await readSummary(context.results_dir, run);
  if (summary) return markdownSummary(summary, { report: null, most_requests: MOST_REQUESTS });
  const { verdict, status, comparison } = await findRecord(context, run);
  return `${status}: ${verdict ?? 'not judged yet'}\n\nComparison with its history: ${comparison ?? 'none'}. Its files are on another machine.\n`;
}

async function readSeries(context: CommandContext, testid: string) {
  const { started, duration_s, requests } = await findRecord(context, testid);
  const ended = new Date(Date.parse(started) + (duration_s ?? 0) * MS_PER_S + MARGIN_MS);
  return await runOverTime(
    await connectToHistory(context),
    { testid, started: new Date(started), ended },
    requests ?? 0,
  );
}

const MS_PER_S = 1_000;
/** Requests that were under way at the end. */
const MARGIN_MS = 60_000;

async function findRecord(context: CommandContext, testid: string) {
  const [record] = await new RunStore(await connectToHistory(context)).find([testid]);
  if (record) return record;
  throw usageError('the id of a run', `\`${testid}\``, 'list_runs lists them');
}

function resultText({ state, budget_left_s, call }: DeskState): string {
  const left = `${budget_left_s} s of load are left of the budget.`;
  if (state === 'none') return `No run was started. ${left}`;
  if (state === 'running' || !call) return `It is still under way. ${left}`;
  const runs = (readSummaries(call.stdout) ?? []).map(
    (summary) => `## ${summary.testid}\n\n${markdownSummary(summary, { report: null, most_requests: MOST_REQUESTS })}`,
  );
  const told = runs.length > 0 ? runs : [call.stderr.trim()];
  return [`Exit code ${call.exit_code}: ${EXIT_MEANING[call.exit_code]}. ${left}`, ...told].join('\n\n');
}
