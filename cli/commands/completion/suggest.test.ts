import { Argument, Command, Option } from 'commander';
import { expect, it } from 'vitest';
import { suggestWords } from './suggest.ts';

const program = new Command('loadstar')
  .addCommand(
    new Command('run')
      .argument('[scenario...]')
      .option('--target <name>')
      .option('-e, --env <KEY=VALUE>')
      .option('--profile <name>')
      .option('--config <file>')
      .addOption(new Option('--notify <when>').choices(['always', 'never']))
      .addOption(new Option('--secret').hideHelp())
      .option('--json'),
  )
  .addCommand(new Command('runs').addCommand(new Command('export').option('--out <file>')))
  .addCommand(new Command('k8s').argument('<scenario>').addCommand(new Command('setup')))
  .addCommand(new Command('stop').argument('[run]'))
  .addCommand(new Command('completion').addArgument(new Argument('<shell>').choices(['bash', 'zsh'])));
const NAMES = {
  scenarios: ['search', 'order-tea'],
  profiles: ['smoke', 'spike'],
  targets: ['staging'],
  runs: ['20261129T0900-search-smoke-abcd'],
};

it.each([
  ['loadstar ru', ['run', 'runs']],
  ['loadstar ', ['run', 'runs', 'k8s', 'stop', 'completion', 'help']],
  ['A=b loadstar ru', ['run', 'runs']],
  ['loadstar runs e', ['export']],
  ['loadstar run --t', ['--target']],
  ['loadstar run --s', []],
  ['loadstar run --target ', ['staging']],
  ['loadstar run --target=st', ['--target=staging']],
  ['loadstar run --json=', []],
  ['loadstar run search --profile sp', ['spike']],
  ['loadstar run --notify n', ['never']],
  ['loadstar run -e ', []],
  ['loadstar stop 2026', ['20261129T0900-search-smoke-abcd']],
  ['loadstar completion ', ['bash', 'zsh']],
  ['loadstar nothing --x ', ['run', 'runs', 'k8s', 'stop', 'completion', 'help']],
])('completes `%s`', async (line, words) => {
  expect(await suggestWords(program, line, async () => NAMES)).toEqual({ words, files: false });
});

it.each([
  ['loadstar run ', ['search', 'order-tea', 'all']],
  ['loadstar k8s ', ['search', 'order-tea', 'setup', 'help']],
  ['loadstar run search o', ['order-tea']],
  ['loadstar run --json s', ['search']],
  ['loadstar run ./te', []],
  ['loadstar run --config ', []],
  ['loadstar runs export --out ', []],
])('completes `%s` with files too', async (line, words) => {
  expect(await suggestWords(program, line, async () => NAMES)).toEqual({ words, files: true });
});

it('reads the names of the project only for a word that may be one', async () => {
  const refuse = async () => Promise.reject(new Error('read'));
  expect((await suggestWords(program, 'loadstar run --pro', refuse)).words).toEqual(['--profile']);
  await expect(suggestWords(program, 'loadstar run ', refuse)).rejects.toThrow('read');
});
