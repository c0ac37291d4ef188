/**
 * `make test`: every check and test, one closing line. A check counts as one test. Exit code 1 when anything failed.
 * `--only checks|unit|e2e|go` runs a part.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

interface Tally {
  passed: number;
  /** What failed, with the first line of why: told once more at the end, where a cut-off log still shows it. */
  failed: string[];
  /** What was left out, and why. */
  skipped: string[];
}

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
  for (const check of CHECKS) {
    const code = await run(check.command);
    console.log(code === 0 ? `✓ ${check.name}` : `✗ ${check.name}: ${check.next}`);
    if (code === 0) tally.passed += 1;
    else tally.failed.push(`${check.name}: ${check.next}`);
  }
  return tally;
}

interface VitestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

const firstLine = (text: string | undefined) => text?.split('\n')[0] ?? '';

async function runVitest(project: string): Promise<Tally> {
  const directory = mkdtempSync(join(tmpdir(), 'loadstar-tests-'));
  const file = join(directory, 'report.json');
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
    const code = await run([`${BIN}/vitest`, 'run', '--project', project, ...reporters]);
    const report = JSON.parse(readFileSync(file, 'utf8')) as VitestReport;
    const results = report.testResults.flatMap((it) => it.assertionResults);
    const failed = results
      .filter((it) => it.status === 'failed')
      .map((it) => `${it.fullName}: ${firstLine(it.failureMessages[0])}`);
    // A file that cannot even be loaded, or whose set-up fails, has no test that could: it counts as one.
    for (const it of report.testResults) {
      if (it.status === 'failed' && !it.assertionResults.some(({ status }) => status === 'failed')) {
        failed.push(`${relative('.', it.name)}: ${firstLine(it.message) || 'its set-up failed, see above'}`);
      }
    }
    if (code !== 0 && failed.length === 0) failed.push(`vitest --project ${project} ended with exit code ${code}`);
    return {
      passed: results.filter((it) => it.status === 'passed').length,
      failed,
      skipped: results.filter((it) => it.status !== 'passed' && it.status !== 'failed').map((it) => it.fullName),
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** `go test -json`: a line an event. https://pkg.go.dev/cmd/test2json */
async function runGo(): Promise<Tally> {
  const tally: Tally = { passed: 0, failed: [], skipped: [] };
  if ((await run(['go', 'version'])) !== 0) {
    return { ...tally, skipped: ['go test ./... in k6/output: Go is not installed'] };
  }
  const code = await run(['go', 'test', '-json', './...'], 'k6/output', (line) => {
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
  });
  if (code !== 0 && tally.failed.length === 0) tally.failed.push(`go test ended with exit code ${code}`);
  return tally;
}

/** @returns exit code; 127 where the program does not exist */
function run(command: readonly string[], cwd = '.', onLine?: (line: string) => void): Promise<number> {
  const [program, ...args] = command;
  return new Promise((done) => {
    const child = spawn(program ?? '', args, { cwd, stdio: ['ignore', onLine ? 'pipe' : 'inherit', 'inherit'] });
    let rest = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) onLine?.(line);
    });
    child.on('error', () => done(127));
    child.on('close', (code) => done(code ?? 1));
  });
}

async function setUp(): Promise<Tally> {
  const code = await run([process.execPath, 'cli/loadstar.js', 'setup']);
  return { passed: 0, failed: code === 0 ? [] : [`loadstar setup ended with exit code ${code}`], skipped: [] };
}

const PARTS = {
  checks: [runChecks],
  unit: [() => runVitest('unit')],
  go: [runGo],
  e2e: [setUp, () => runVitest('e2e')],
};

const only = process.argv.includes('--only') ? process.argv[process.argv.indexOf('--only') + 1] : undefined;
const parts = Object.entries(PARTS).filter(([name]) => !only || name === only);
if (parts.length === 0) {
  console.error(`error: expected --only with one of ${Object.keys(PARTS).join(', ')}; found ${only}`);
  process.exit(2);
}

const total: Tally = { passed: 0, failed: [], skipped: [] };
for (const part of parts.flatMap(([, steps]) => steps)) {
  const tally = await part();
  total.passed += tally.passed;
  total.failed.push(...tally.failed);
  total.skipped.push(...tally.skipped);
}
const list = (names: readonly string[]) => names.map((name) => `  - ${name}`).join('\n');
if (total.skipped.length > 0) console.log(`\nskipped:\n${list(total.skipped)}`);
if (total.failed.length > 0) console.log(`\nfailed:\n${list(total.failed)}`);
const skipped = total.skipped.length > 0 ? `, ${total.skipped.length} skipped` : '';
console.log(`\n${total.passed} passed, ${total.failed.length} failed${skipped}`);
process.exit(total.failed.length === 0 ? 0 : 1);
