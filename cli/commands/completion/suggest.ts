import type { Command, Option } from 'commander';

/** Names that only the project knows. */
export interface Names {
  readonly scenarios: readonly string[];
  readonly profiles: readonly string[];
  readonly targets: readonly string[];
  readonly runs: readonly string[];
}

/** What may stand at the cursor. */
export interface Suggested {
  readonly words: readonly string[];
  /** The shell adds the files that it finds. */
  readonly files: boolean;
}

/** Options whose value is a name of the project. */
const OPTION_NAMES: Readonly<Record<string, keyof Names>> = {
  '--profile': 'profiles',
  '--target': 'targets',
  '--confirm-production': 'targets',
  '--scenario': 'scenarios',
};
const ARGUMENT_NAMES: Readonly<Record<string, keyof Names>> = {
  scenario: 'scenarios',
  run: 'runs',
  before: 'runs',
  after: 'runs',
};
/** As help texts write the values that are paths; a scenario may be one too. */
const PATH = /^(?:file|directory|scenario)$/;

/**
 * The words that may stand at the cursor.
 * @param line command line up to the cursor: `loadstar run --target st`
 * @param readNames is called only if names are asked for
 */
export async function suggestWords(
  program: Command,
  line: string,
  readNames: () => Promise<Names>,
): Promise<Suggested> {
  const all = line.split(/\s+/);
  const words = all.slice(all.indexOf(program.name()) + 1);
  const typed = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const command = before.reduce((at, word) => at.commands.find((it) => it.name() === word) ?? at, program);
  // `--target=st`: bash completes what follows the sign, other shells the whole word.
  const [, assigned] = /^(--[^=]+)=/.exec(typed) ?? [];
  const option = valueOption(command, assigned ?? before.at(-1));
  const prefix = assigned && option ? `${assigned}=` : '';
  const { words: allowed, files } = await allowedWords(command, option, typed, readNames);
  return { words: allowed.map((word) => prefix + word).filter((word) => word.startsWith(typed)), files };
}

async function allowedWords(
  command: Command,
  option: Option | undefined,
  typed: string,
  readNames: () => Promise<Names>,
): Promise<Suggested> {
  const named = async (kind: keyof Names | undefined) => (kind ? (await readNames())[kind] : []);
  if (option) {
    const value = /<(.+)>/.exec(option.flags)?.[1] ?? '';
    return { words: option.argChoices ?? (await named(OPTION_NAMES[option.long ?? ''])), files: PATH.test(value) };
  }
  const help = command.createHelp();
  if (typed.startsWith('-'))
    return { words: help.visibleOptions(command).flatMap(({ long }) => long ?? []), files: false };
  const below = help.visibleCommands(command).map((it) => it.name());
  const [argument] = command.registeredArguments;
  if (!argument) return { words: below, files: false };
  const name = argument.name();
  const kind = ARGUMENT_NAMES[name];
  const all = kind === 'scenarios' && argument.variadic ? ['all'] : [];
  const words = argument.argChoices ?? [...(await named(kind)), ...all];
  return { words: [...words, ...below], files: PATH.test(name) };
}

/** The option that waits for a value. */
function valueOption(command: Command, flag: string | undefined): Option | undefined {
  return command.options.find((it) => (it.long === flag || it.short === flag) && (it.required || it.optional));
}
