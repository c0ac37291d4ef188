import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createUi } from '../../lib/ui.ts';
import type { K6Launcher } from '../../stack/engine/engine.ts';
import { runK6 } from './k6-run.ts';

/** A k6 that says a line and ends. */
const launcher: K6Launcher = {
  version: '1.8.1',
  outputs: [],
  own_hosts: [],
  browser: null,
  path: (path) => path,
  url: (url) => url,
  start({ onLine }) {
    const exited = new Promise<number>((done) => {
      setTimeout(() => {
        for (let line = 0; line < 3; line += 1) onLine('something');
        done(0);
      }, 50);
    });
    return { id: null, exited, interrupt() {}, kill() {} };
  },
};

it('a log that cannot be written is said, and the run goes on to its end', async () => {
  let said = '';
  const ui = createUi({ write: (text) => (said += text) }, false);
  const nowhere = join(tmpdir(), 'loadstar-no-such-directory', 'k6.log');
  const never = new AbortController().signal;
  const job = { args: [], env: {}, secrets: [], log_file: nowhere, summary_file: nowhere, title: 't', planned_s: 1 };
  expect(await runK6(launcher, { ...job, stop: never, force: never }, ui)).toMatchObject({ exit_code: 0 });
  expect(said.match(/cannot be written/g)).toHaveLength(1);
});
