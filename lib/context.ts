import { resolve } from 'node:path';
import { PROJECT_FILES } from '../contract/project-files.ts';
import { type Environment, readEnvironment } from './environment.ts';
import { type FoundProject, findProject, namedConfig } from './find-project.ts';
import { environmentSecrets, Redactor, toPrintable } from './redact.ts';
import { createUi, type Ui, type UiStream } from './ui.ts';

/** The process as values, which cli/bin.ts passes in. */
export interface ProcessContext {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Directory of Loadstar's own package: a clone, or installed. */
  readonly root: string;
  readonly node_path: string;
  readonly stdout: UiStream;
  readonly stderr: UiStream;
  /** Asks the user at the terminal. Absent, or null: no terminal. */
  readonly ask?: (question: string) => Promise<string | null>;
  /** Aborted by the first SIGINT, SIGTERM or SIGHUP: finish gracefully. */
  readonly stop: AbortSignal;
  /** Aborted by a later one: finish now. */
  readonly force: AbortSignal;
}

export interface CommandContext extends ProcessContext {
  readonly environment: Environment;
  readonly ui: Ui;
  /** The project that the call belongs to. */
  readonly project: FoundProject;
  /** Where Loadstar keeps what belongs to the project and is no result. */
  readonly state_dir: string;
  /** Holds one directory per run. */
  readonly results_dir: string;
  /** Prints a line of data for programs to stdout. What people read there goes through `ui.result`. */
  print(text: string): void;
  /** Removes secrets and control characters from a text. */
  clean(text: string): string;
}

export function commandContext(context: ProcessContext): CommandContext {
  const environment = readEnvironment(context.env);
  const { cwd, root, args } = context;
  const named_config = namedConfig(args) ?? environment.LOADSTAR_CONFIG;
  const project = findProject({ cwd, root, named_config });
  const hasColor = (stream: UiStream) => stream.isTTY === true && !environment.NO_COLOR;
  const redactor = new Redactor();
  redactor.add(environmentSecrets(context.env));
  // Output for programs stays as it is. JSON escapes control characters anyway.
  const shown = context.stdout.isTTY ? toPrintable : (text: string) => text;
  return {
    ...context,
    environment,
    project,
    state_dir: resolve(project.directory, environment.LOADSTAR_HOME ?? PROJECT_FILES.state),
    results_dir: resolve(project.directory, environment.RESULTS_DIR ?? PROJECT_FILES.results),
    ui: createUi(context.stderr, hasColor(context.stderr), redactor, {
      stream: context.stdout,
      color: hasColor(context.stdout),
    }),
    print: (text) => void context.stdout.write(`${shown(text)}\n`),
    clean: (text) => toPrintable(redactor.text(text)),
  };
}
