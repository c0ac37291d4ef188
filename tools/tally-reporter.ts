/** A Vitest reporter for the closing line of `make test`: writes what passed, failed and was skipped to TALLY_FILE. */
import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { Reporter, TestCase, TestModule, TestSuite } from 'vitest/node';
import type { FileTally, Tally } from './tally.ts';

export default class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly { readonly message: string }[]): void {
    const tallies: FileTally[] = modules.map(tallyOf);
    const failed = unhandled.map(({ message }) => firstLine(message));
    if (failed.length > 0) tallies.push({ file: '', passed: 0, failed, skipped: [] });
    writeFileSync(process.env.TALLY_FILE ?? '', JSON.stringify(tallies));
  }
}

function tallyOf(module: TestModule): FileTally {
  const tally: FileTally = { file: relative('.', module.moduleId), passed: 0, failed: [], skipped: [] };
  for (const test of module.children.allTests()) addTest(tally, test);
  // A file that does not load has no test, and a set-up may fail after the last one.
  if (module.state() === 'failed' && tally.failed.length === 0) {
    const error = module.errors()[0] ?? [...module.children.allSuites()].flatMap((it) => it.errors())[0];
    tally.failed.push(`${tally.file}: ${firstLine(error?.message) || 'failed outside of its tests'}`);
  }
  return tally;
}

function addTest(tally: Tally, test: TestCase): void {
  const result = test.result();
  const setup_error = setUpError(test.parent);
  if (result.state === 'passed') tally.passed += 1;
  else if (result.state === 'failed') tally.failed.push(`${test.fullName}: ${firstLine(result.errors[0]?.message)}`);
  // Vitest calls a test skipped whose set-up failed: it was to run, and has not.
  else if (setup_error !== null) tally.failed.push(`${test.fullName}: its set-up failed: ${setup_error}`);
  else tally.skipped.push(noteOf(test.fullName, result.state === 'skipped' ? result.note : undefined));
}

function setUpError(parent: TestSuite | TestModule): string | null {
  const [error] = parent.errors();
  if (error) return firstLine(error.message);
  return parent.type === 'suite' ? setUpError(parent.parent) : null;
}

const noteOf = (name: string, note: string | undefined) => (note ? `${name}: ${note}` : name);
const firstLine = (text: string | undefined) => text?.split('\n')[0] ?? '';
