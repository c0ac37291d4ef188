/** A Vitest reporter for the closing line of `make test`: writes what passed, failed and was skipped to TALLY_FILE. */
import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { Reporter, TestCase, TestModule, TestSuite } from 'vitest/node';
import type { Tally } from './tally.ts';

export default class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly { readonly message: string }[]): void {
    const tally: Tally = { passed: 0, failed: unhandled.map(({ message }) => firstLine(message)), skipped: [] };
    for (const module of modules) addModule(tally, module);
    writeFileSync(process.env.TALLY_FILE ?? '', JSON.stringify(tally));
  }
}

function addModule(tally: Tally, module: TestModule): void {
  const before = tally.failed.length;
  for (const test of module.children.allTests()) addTest(tally, test);
  // A file that does not load has no test, and a set-up may fail after the last one.
  if (module.state() === 'failed' && tally.failed.length === before) {
    const error = module.errors()[0] ?? [...module.children.allSuites()].flatMap((it) => it.errors())[0];
    tally.failed.push(
      `${relative('.', module.moduleId)}: ${firstLine(error?.message) || 'failed outside of its tests'}`,
    );
  }
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
