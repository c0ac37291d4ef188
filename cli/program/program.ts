import { Command, CommanderError } from 'commander';
import { EXIT, type ExitCode } from '../../contract/exit-codes.ts';
import { FORMATS, RECORD_FORMAT } from '../../contract/formats.ts';
import { COMMAND } from '../../contract/package-name.ts';
import { VERSIONS } from '../../contract/versions.ts';
import { LaterRecordError } from '../../influxdb/row.ts';
import { type CommandContext, commandContext, type ProcessContext } from '../../lib/context.ts';
import { LoadstarError, messageOf, unusableError, usageError } from '../../lib/errors.ts';
import { explainFileFault, type MovablePlace } from '../../lib/file-faults.ts';
import { chooseText } from '../../lib/near-name.ts';
import { packageVersion } from '../../lib/package-version.ts';
import { stateDirectories } from '../../stack/engine/engine-context.ts';
import type { CommandFactory } from '../commands/lib/command-factory.ts';

/**
 * Runs a command line of these commands. Never throws: every failure becomes a message on stderr and a documented exit code.
 * @param prepare runs before a command begins
 */
export async function runProgram(
  process_context: ProcessContext,
  commands: readonly CommandFactory[],
  prepare: (context: CommandContext) => void = () => undefined,
): Promise<ExitCode> {
  let exit_code: ExitCode = EXIT.passed;
  const context = commandContext(process_context);
  const program = new Command('loadstar')
    .description('Load tests in TypeScript, with live dashboards in Grafana and a reliable verdict.')
    .version(
      versionText(context.root),
      '--version',
      'print the versions of Loadstar, of what it runs, and of its formats',
    )
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void context.stdout.write(text),
      writeErr: (text) => void context.stderr.write(context.clean(text)),
    });
  for (const create of commands) {
    const command = create(context, (code) => {
      exit_code = code;
    });
    program.addCommand(inheritSettings(command, program));
  }
  program.hook('preAction', (_, command) => {
    refuseEmpty(command);
    refuseUnknownCommand(command);
    prepare(context);
  });
  try {
    await program.parseAsync([...context.args], { from: 'user' });
    return exit_code;
  } catch (error) {
    return failureCode(context, error);
  }
}

function versionText(root: string): string {
  const { k6, influxdb } = VERSIONS;
  const formats = Object.entries(FORMATS).map(([name, version]) => `${name} ${version}`);
  return `loadstar ${packageVersion(root)}\nk6 ${k6}, InfluxDB ${influxdb}\nformats: ${formats.join(', ')}`;
}

/**
 * Refuses an empty option or argument, as `--base-url "$URL"` leaves it in CI if the variable is not set: what applies then is
 * not what was asked for.
 * @throws LoadstarError (usage)
 */
function refuseEmpty(command: Command): void {
  const empty = (value: unknown): boolean => value === '' || (Array.isArray(value) && value.some(empty));
  const option = command.options.find((it) => empty(command.getOptionValue(it.attributeName())));
  if (!option && !command.args.includes('')) return;
  const name = option?.long ?? `an argument of \`${command.name()}\``;
  throw usageError(`${name} to have a value`, 'an empty one', 'set the variable that it comes from, or leave it out');
}

/** A command that has others, and does something by itself, takes a misspelt one for an argument. @throws LoadstarError (usage) */
function refuseUnknownCommand(command: Command): void {
  const [given] = command.args;
  if (!takesOnlyCommands(command) || given === undefined) return;
  const names = command.commands.map((it) => it.name());
  throw usageError(`a command of \`loadstar ${command.name()}\``, `\`${given}\``, chooseText(given, names));
}

/** `k8s` takes the name of a scenario, or a command. */
function takesOnlyCommands({ commands, registeredArguments }: Command): boolean {
  return commands.length > 0 && registeredArguments.length === 0;
}

/** Subcommands too: without these settings commander would end the process by itself. */
function inheritSettings(command: Command, parent: Command): Command {
  command.copyInheritedSettings(parent);
  // refuseUnknownCommand says more than that there is one too many.
  if (takesOnlyCommands(command)) command.allowExcessArguments();
  for (const below of command.commands) inheritSettings(below, command);
  return command;
}

function failureCode(context: CommandContext, error: unknown): ExitCode {
  const { ui } = context;
  // commander has printed its message. Help and version are no failures.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.passed : EXIT.usage;
  if (context.stop.aborted) {
    ui.line('interrupted: cleaned up; run the same command again');
    return EXIT.interrupted;
  }
  const known =
    error instanceof LoadstarError ? error : (explainRecord(error) ?? explainFileFault(error, movablePlaces(context)));
  if (known) {
    ui.line(`${ui.colors.red('error:')} expected ${known.message}`);
    if (known.found) ui.line(`  found: ${known.found}`);
    if (known.next) ui.line(`  next:  ${known.next}`);
    return known.exit_code;
  }
  ui.line(
    `${ui.colors.red('error:')} internal error in loadstar: ${messageOf(error)}; please report it with the lines below`,
  );
  if (error instanceof Error && error.stack) ui.note(error.stack);
  return EXIT.unusable;
}

function explainRecord(error: unknown): LoadstarError | null {
  if (!(error instanceof LaterRecordError)) return null;
  const found = `format ${error.format} of ${error.testid}, of a later version of loadstar`;
  const next = `upgrade: \`${COMMAND} upgrade --check\` names the command`;
  return unusableError(`records of runs up to the format ${RECORD_FORMAT}`, found, next, error);
}

/** Where Loadstar writes, with the variables that move it. */
function movablePlaces(context: CommandContext): MovablePlace[] {
  const { state_dir, cache_dir } = stateDirectories(context);
  return [
    { directory: context.results_dir, variable: 'RESULTS_DIR' },
    { directory: state_dir, variable: 'LOADSTAR_HOME' },
    { directory: cache_dir, variable: 'XDG_CACHE_HOME' },
  ];
}
