import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createUi } from '../../lib/ui.ts';
import type { K6Launcher } from '../../stack/engine/engine.ts';
import { findLoopbackPlace } from '../../stack/engine/k6-place.ts';
import { runK6 } from './k6-run.ts';

/** A k6 that says a line and ends. */
const launcher: K6Launcher = {
  version: '1.8.1',
  outputs: [],
  own_hosts: [],
  sees_host_files: true,
  guards_hosts: true,
  browser: null,
  path: (path) => path,
  has_host_network: true,
  findPlace: findLoopbackPlace,
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

it('starts k6 again on other ports if another program has taken one, and only before there was load', async () => {
  const taken = JSON.stringify({ level: 'error', msg: 'listen tcp 127.0.0.1:1: bind: address already in use' });
  const load = 'running (01.0s), 1/2 VUs, 0 complete and 0 interrupted iterations';
  const never = new AbortController().signal;
  const nowhere = join(tmpdir(), 'loadstar-no-such-directory', 'k6.log');
  const files = { log_file: nowhere, summary_file: nowhere };
  const start = async (lines: readonly string[], first_code: number) => {
    const ports: string[] = [];
    const busy: K6Launcher = {
      ...launcher,
      start({ args, onLine }) {
        ports.push(args.join());
        const is_first = ports.length === 1;
        if (is_first) for (const line of lines) onLine(line);
        return { id: null, exited: Promise.resolve(is_first ? first_code : 0), interrupt() {}, kill() {} };
      },
    };
    const renew = async () => ({ args: ['other'], env: {} });
    const job = { ...files, args: ['first'], env: {}, secrets: [], title: 't', planned_s: 1, renew };
    const ui = createUi({ write: () => true }, false);
    const { exit_code } = await runK6(busy, { ...job, stop: never, force: never }, ui);
    return { ports, exit_code };
  };
  expect(await start([taken], 255)).toEqual({ ports: ['first', 'other'], exit_code: 0 });
  expect(await start([], 106)).toEqual({ ports: ['first', 'other'], exit_code: 0 });
  expect(await start([load, taken], 255)).toEqual({ ports: ['first'], exit_code: 255 });
  expect(await start([], 107)).toEqual({ ports: ['first'], exit_code: 107 });
});

it('a log that cannot be written is said, and the run goes on to its end', async () => {
  let said = '';
  const ui = createUi({ write: (text) => (said += text) }, false);
  const nowhere = join(tmpdir(), 'loadstar-no-such-directory', 'k6.log');
  const never = new AbortController().signal;
  const job = { args: [], env: {}, secrets: [], log_file: nowhere, summary_file: nowhere, title: 't', planned_s: 1 };
  expect(await runK6(launcher, { ...job, stop: never, force: never }, ui)).toMatchObject({ exit_code: 0 });
  expect(said.match(/cannot be written/g)).toHaveLength(1);
});
