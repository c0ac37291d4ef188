import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { expect, it } from 'vitest';
import { runProgram } from './program.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

async function call(...args: string[]) {
  let said = '';
  let has_run = false;
  const stream = { write: (text: string) => (said += text) };
  const never = new AbortController().signal;
  const code = await runProgram(
    { args, env: {}, cwd: '/', root, node_path: '', stdout: stream, stderr: stream, stop: never, force: never },
    [
      () => new Command('runs').action(() => undefined).addCommand(new Command('export').action(() => undefined)),
      () =>
        new Command('k8s')
          .argument('<scenario>')
          .action(() => {
            has_run = true;
          })
          .addCommand(new Command('setup-influxdb').action(() => undefined)),
      () =>
        new Command('run')
          .argument('[scenario...]')
          .option('--base-url <url>')
          .option('--allow-host <host>', '', (value: string, before: string[] = []) => [...before, value])
          .action(() => {
            has_run = true;
          }),
    ],
  );
  return { code, said, has_run };
}

it.each([
  [['run', '--base-url', ''], '--base-url to have a value'],
  [['run', '--base-url='], '--base-url to have a value'],
  [['run', '--allow-host', 'a', '--allow-host', ''], '--allow-host to have a value'],
  [['run', ''], 'an argument of `run` to have a value'],
])('refuses an empty option or argument, as an unset variable leaves it: %j', async (args, says) => {
  expect(await call(...args)).toMatchObject({ code: 2, has_run: false, said: expect.stringContaining(says) });
});

it('runs without any', async () => {
  expect(await call('run')).toMatchObject({ code: 0, has_run: true });
});

it.each([
  [['rnu'], '(Did you mean run?)'],
  [['run', '--base-ulr', 'x'], '(Did you mean --base-url?)'],
  [['runs', 'exprot'], 'did you mean `export`? use one of: export'],
  [['runs', 'anything'], 'next:  use one of: export'],
])('names what is probably meant by %j', async (args, says) => {
  expect(await call(...args)).toMatchObject({ code: 2, has_run: false, said: expect.stringContaining(says) });
});

it('takes a command of a command', async () => {
  expect([(await call('runs')).code, (await call('runs', 'export')).code]).toEqual([0, 0]);
  expect(await call('k8s', 'setup-influxdb')).toMatchObject({ code: 0, has_run: false });
});

it('takes an argument of a command that has others', async () => {
  expect(await call('k8s', 'search')).toMatchObject({ code: 0, has_run: true });
});
