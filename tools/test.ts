/**
 * `make test`: every check and test, with one closing line. A check counts as one test. Exit code 1 if anything failed.
 * `--only checks,unit` runs some of the parts checks, unit, go and e2e.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { VERSIONS } from '../contract/versions.ts';
import type { FileTally, Tally } from './tally.ts';

interface Check {
  readonly name: string;
  readonly command: readonly string[];
  readonly next: string;
}

const BIN = 'node_modules/.bin';
const CHECKS: readonly Check[] = [
  { name: 'types of the command line', command: [`${BIN}/tsc`, '-p', 'tsconfig.json'], next: 'mend the types' },
  { name: 'types of the k6 code', command: [`${BIN}/tsc`, '-p', 'k6/tsconfig.json'], next: 'mend the types' },
  // k6's browser module brings the types of a page with it: nothing else of k6 may use those.
  {
    name: 'types of the k6 code for browsers',
    command: [`${BIN}/tsc`, '-p', 'k6/tsconfig.browser.json'],
    next: 'mend the types',
  },
  { name: 'types of the k6 tests', command: [`${BIN}/tsc`, '-p', 'k6/tsconfig.test.json'], next: 'mend the types' },
  {
    name: 'types of the report in the browser',
    command: [`${BIN}/tsc`, '-p', 'report/html/client/tsconfig.json'],
    next: 'mend the types',
  },
  {
    name: 'lint, import rules and format',
    command: [`${BIN}/biome`, 'ci', '.'],
    next: '`make format` mends the format',
  },
  {
    name: 'generated files are up to date',
    command: [process.execPath, '--import', 'tsx', 'tools/generate.ts', '--check'],
    next: 'run `make generate` and commit',
  },
];

async function runChecks(): Promise<Tally> {
  const tally: Tally = { passed: 0, failed: [], skipped: [] };
  const runs = CHECKS.map(async (check) => {
    const lines: string[] = [];
    return { check, lines, code: await run(check.command, { onLine: (line) => lines.push(line) }) };
  });
  for (const { check, lines, code } of await Promise.all(runs)) {
    if (code === 0) tally.passed += 1;
    else tally.failed.push(`${check.name}: ${check.next}`);
    console.log(code === 0 ? `✓ ${check.name}` : `${lines.join('\n')}\n✗ ${check.name}: ${check.next}`);
  }
  return tally;
}

/** What Go brings along: format, and `go vet`. Other linters would cost minutes of building. */
async function checkGo(): Promise<Tally> {
  const name = 'format and vet of the Go code';
  if ((await run(['go', 'version'], { onLine: () => undefined })) !== 0) {
    return { passed: 0, failed: [], skipped: [`${name}: Go is not installed`] };
  }
  const problems: string[] = [];
  const onLine = (line: string) => problems.push(line);
  await run(['gofmt', '-l', '.'], { cwd: 'k6/output', onLine });
  const vetted = await run(['go', 'vet', './...'], { cwd: 'k6/output', onLine });
  const ok = vetted === 0 && problems.length === 0;
  console.log(ok ? `✓ ${name}` : `${problems.join('\n')}\n✗ ${name}`);
  return ok ? { passed: 1, failed: [], skipped: [] } : { passed: 0, failed: [`${name}: run gofmt -w`], skipped: [] };
}

/** @returns what became of each file */
async function runVitest(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<FileTally[]> {
  const directory = mkdtempSync(join(tmpdir(), 'loadstar-tests-'));
  const file = join(directory, 'tally.json');
  try {
    const reporters = ['--reporter=default', '--reporter=./tools/tally-reporter.ts'];
    const code = await run([`${BIN}/vitest`, 'run', ...reporters, ...args], { env: { ...env, TALLY_FILE: file } });
    const name = `vitest ${args.join(' ')}`;
    if (!existsSync(file))
      return [{ file: '', passed: 0, failed: [`${name} ended with exit code ${code}, before any test`], skipped: [] }];
    const tallies = JSON.parse(readFileSync(file, 'utf8')) as FileTally[];
    if (code !== 0 && sum(tallies).failed.length === 0)
      tallies.push({ file: '', passed: 0, failed: [`${name} ended with exit code ${code}`], skipped: [] });
    return tallies;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** They look for the capacity of the target, a warm-up, or changes of 30 %: nothing else may load the machine meanwhile. */
const ALONE = [
  'tests/baselines.test.ts',
  'tests/breakpoint.test.ts',
  'tests/docker.test.ts',
  'tests/faults-killed.test.ts',
  'tests/guard.test.ts',
  'tests/history.test.ts',
  'tests/report.test.ts',
  'tests/starved-generator.test.ts',
  'tests/steady.test.ts',
  'tests/verdicts.test.ts',
];

/** More failed files than this are a fault of the project, and not of a busy machine. */
const MOST_AGAIN = 3;

/**
 * Real programs on real time: a busy machine can make a test fail that is right. So a file that failed runs once more,
 * alone. What it says then counts, and the closing lines name what failed before.
 */
async function runEndToEnd(): Promise<Tally> {
  const workers = String(Math.min(2, availableParallelism()));
  const others = ['--project', 'e2e', ...ALONE.flatMap((file) => ['--exclude', file])];
  // They wait most of the time: two of them side by side do not disturb each other.
  const first = await runVitest(others, { E2E_WORKERS: workers });
  first.push(...(await runVitest(['--project', 'e2e', ...ALONE])));
  const failed = first.filter((tally) => tally.failed.length > 0);
  if (failed.length === 0 || failed.length > MOST_AGAIN || failed.some(({ file }) => file === '')) return sum(first);

  const files = failed.map(({ file }) => file);
  console.log(`\nagain, alone, because they failed: ${files.join(', ')}`);
  const second = await runVitest(['--project', 'e2e', ...files]);
  const green = second.filter((tally) => tally.failed.length === 0).map(({ file }) => file);
  again.push(...failed.filter(({ file }) => green.includes(file)).flatMap((tally) => tally.failed));
  return sum([...first.filter(({ file }) => !files.includes(file)), ...second]);
}

/** What failed, and passed when it was run again. */
const again: string[] = [];

function sum(tallies: readonly Tally[]): Tally {
  return {
    passed: tallies.reduce((passed, tally) => passed + tally.passed, 0),
    failed: tallies.flatMap(({ failed }) => failed),
    skipped: tallies.flatMap(({ skipped }) => skipped),
  };
}

/** `go test -json`: a line an event. https://pkg.go.dev/cmd/test2json */
async function runGo(): Promise<Tally> {
  const tally: Tally = { passed: 0, failed: [], skipped: [] };
  if ((await run(['go', 'version'])) !== 0) {
    return { ...tally, skipped: ['go test ./... in k6/output: Go is not installed'] };
  }
  const code = await run(['go', 'test', '-json', './...'], { cwd: 'k6/output', onLine });
  if (code !== 0 && tally.failed.length === 0) tally.failed.push(`go test ended with exit code ${code}`);
  await runGoOnV2(process.env.K6_SOURCE);
  return tally;

  /** The same tests on k6 v2, because go.mod is of v1: on a checkout, or on the release where it can be downloaded. */
  async function runGoOnV2(checkout: string | undefined): Promise<void> {
    const k6 = checkout ? resolve(checkout) : VERSIONS.k6_v2;
    const directory = mkdtempSync(join(tmpdir(), 'loadstar-go-'));
    try {
      const said: string[] = [];
      const patch = ['go', 'run', './cmd/patch', k6, directory];
      if ((await run(patch, { cwd: 'k6/output', onLine: (line) => said.push(line) })) !== 0) {
        const unavailable = said.find((line) => /^k6 v\S+ cannot be downloaded: /.test(line));
        if (unavailable) tally.skipped.push(`go test ./... on k6 v2: ${unavailable}; K6_SOURCE names a checkout of it`);
        else tally.failed.push(`go run ./cmd/patch ${k6}:\n${said.join('\n')}`);
        return;
      }
      const ended = await run(['go', 'test', '-mod=mod', '-json', './...'], { cwd: join(directory, 'output'), onLine });
      if (ended !== 0) tally.failed.push(`go test on k6 ${k6} ended with exit code ${ended}`);
    } finally {
      rmSync(directory, { recursive: true });
    }
  }

  function onLine(line: string): void {
    const event = line.startsWith('{')
      ? (JSON.parse(line) as { Action: string; Test?: string; Output?: string })
      : null;
    if (!event?.Test) return;
    if (event.Action === 'pass') tally.passed += 1;
    if (event.Action === 'fail') tally.failed.push(`go ${event.Test}`);
    if (event.Action === 'skip') tally.skipped.push(`go ${event.Test}`);
    if (event.Action === 'fail') console.log(`✗ go ${event.Test}`);
    if (event.Action === 'output' && /--- FAIL|_test\.go:/.test(event.Output ?? ''))
      process.stdout.write(event.Output ?? '');
  }
}

interface Child {
  readonly cwd?: string;
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Takes what the program prints; without it the terminal does. */
  readonly onLine?: (line: string) => void;
}

/** @returns exit code; 127 where the program does not exist */
function run(command: readonly string[], { cwd = '.', env = {}, onLine }: Child = {}): Promise<number> {
  const [program = '', ...args] = command;
  const out = onLine ? 'pipe' : 'inherit';
  return new Promise((done) => {
    const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', out, out] });
    for (const stream of [child.stdout, child.stderr]) {
      if (stream && onLine) createInterface({ input: stream }).on('line', onLine);
    }
    child.on('error', () => done(127));
    child.on('close', (code) => done(code ?? 1));
  });
}

async function setUp(): Promise<Tally> {
  // Most tests use k6 and InfluxDB of this machine, whether it has Docker or not.
  const code = await run([process.execPath, 'cli/loadstar.js', 'setup'], { env: { ENGINE: 'native' } });
  return { passed: 0, failed: code === 0 ? [] : [`loadstar setup ended with exit code ${code}`], skipped: [] };
}

const PARTS: Readonly<Record<string, readonly (() => Promise<Tally>)[]>> = {
  checks: [runChecks, checkGo],
  // Half of their time would go into loading the same modules again for each file.
  unit: [async () => sum(await runVitest(['--project', 'unit', '--no-isolate']))],
  go: [runGo],
  e2e: [setUp, runEndToEnd],
};

const at = process.argv.indexOf('--only');
const names = at < 0 ? Object.keys(PARTS) : (process.argv[at + 1] ?? '').split(',');
const unknown = names.filter((name) => !(name in PARTS));
if (unknown.length > 0) {
  console.error(
    `error: expected --only with some of ${Object.keys(PARTS).join(',')}; found ${unknown.join(',') || 'nothing'}`,
  );
  process.exit(2);
}

const tallies: Tally[] = [];
for (const part of names.flatMap((name) => PARTS[name] ?? [])) tallies.push(await part());
const total = sum(tallies);
const list = (lines: readonly string[]) => lines.map((line) => `  - ${line}`).join('\n');
if (total.skipped.length > 0) console.log(`\nskipped:\n${list(total.skipped)}`);
if (again.length > 0) console.log(`\nfailed, and passed when run again alone:\n${list(again)}`);
if (total.failed.length > 0) console.log(`\nfailed:\n${list(total.failed)}`);
const skipped = total.skipped.length > 0 ? `, ${total.skipped.length} skipped` : '';
console.log(`\n${total.passed} passed, ${total.failed.length} failed${skipped}`);
process.exit(total.failed.length === 0 ? 0 : 1);
