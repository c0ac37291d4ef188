import { constants } from 'node:fs';
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { COMMAND } from '../contract/package-name.ts';
import type { CommandContext } from '../lib/context.ts';
import { LoadstarError, messageOf, usageError } from '../lib/errors.ts';
import { hostAllowed } from '../profiles/hosts.ts';
import { loadScenarios } from './catalogue.ts';
import { type Project, shownPath } from './project.ts';
import { createPlainDraft, listVariables } from './scaffold/draft.ts';
import { draftFromHar } from './scaffold/har/from-har.ts';
import { leaveOut } from './scaffold/leave-out.ts';
import { draftFromOpenApi } from './scaffold/openapi/from-openapi.ts';
import { nameOf, render } from './scaffold/render.ts';
import type { Drafted } from './scaffold/source.ts';
import { requireScenarioName } from './scenario-name.ts';

export interface NewScenarioFlags {
  readonly fromHar?: string;
  readonly fromOpenapi?: string;
  readonly host?: readonly string[];
  readonly withAssets?: true;
  readonly withoutAuth?: true;
  readonly withoutFailed?: true;
  readonly force?: true;
  readonly config?: string;
}

/**
 * Writes a runnable scenario.
 * @param failed reasons by request: those are left out
 * @returns its file
 * @throws LoadstarError (usage)
 */
export async function newScenario(
  context: CommandContext,
  project: Project,
  name: string,
  flags: NewScenarioFlags,
  failed: ReadonlyMap<string, string> = new Map(),
): Promise<string> {
  requireScenarioName(name);
  const { draft, notes, origin } = leaveOut(await createDraft(name, flags), failed);
  if (draft.steps.length === 0) {
    throw usageError(`a request of ${name} that passed`, 'none', 'repair the scenario or the target, and run it again');
  }
  const file = join(project.scenarios_dir, `${name}.ts`);
  const checkFile = async (own_file: string) => {
    const own_files = new Map([[name, own_file]]);
    const { root, cwd } = context;
    await loadScenarios([name], { own_files, overrides: {}, script_env: {}, k6: null, root, cwd });
  };
  await writeScenario(file, render(draft), flags.force === true, checkFile);

  const { ui } = context;
  const names = new Set(draft.steps.flatMap(({ calls }) => calls.map(nameOf)));
  ui.line(`wrote ${shownPath(context, file)}: ${names.size} ${names.size === 1 ? 'request' : 'requests'}`);
  for (const note of notes) ui.note(note);
  const variables = listVariables(draft);
  if (variables.length > 0) {
    ui.line('set these environment variables before you run it, because they hold secrets:');
    for (const variable of variables) ui.line(`  ${variable}`);
  }
  ui.line('next:');
  ui.line(`  ${nextCommand(name, flags, project, origin)}`);
  return file;
}

async function createDraft(name: string, flags: NewScenarioFlags): Promise<Drafted> {
  const { fromHar, fromOpenapi, host = [], withAssets = false, withoutAuth = false } = flags;
  if (fromHar !== undefined && fromOpenapi !== undefined) {
    throw usageError('one source', '--from-har and --from-openapi', 'write two scenarios');
  }
  if (fromHar !== undefined) return await draftFromHar(name, fromHar, { hosts: host, with_assets: withAssets });
  if (fromOpenapi !== undefined) return await draftFromOpenApi(name, fromOpenapi, !withoutAuth);
  return { draft: createPlainDraft(name), notes: [], origin: null };
}

/**
 * Writes a file that `loadstar run` accepts, or none: one that fails its check would block the name.
 * @param check throws if `loadstar run` would refuse the file
 */
async function writeScenario(
  file: string,
  text: string,
  force: boolean,
  check: (file: string) => Promise<void>,
): Promise<void> {
  // A name that begins with a dot is no scenario.
  const draft = join(dirname(file), `.${basename(file, '.ts')}.${process.pid}.ts`);
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(draft, text);
    await check(draft);
    await copyFile(draft, file, force ? 0 : constants.COPYFILE_EXCL);
  } catch (error) {
    if (error instanceof LoadstarError) throw error;
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      throw usageError(
        'a name that is not in use',
        `${file}, which exists`,
        'choose another name, or replace it with --force',
      );
    }
    throw usageError(`${file} to be writable`, messageOf(error), 'check the permissions of its directory');
  } finally {
    await rm(draft, { force: true });
  }
}

/** Suggests a command. It names a recorded host only if that is this machine, because it may be production. */
function nextCommand(name: string, flags: NewScenarioFlags, { config }: Project, origin: string | null): string {
  const settings = flags.config === undefined ? '' : ` --config ${flags.config}`;
  const [target] = Object.keys(config.targets ?? {});
  if (target) return `${COMMAND} run ${name} --target ${target}${settings}`;
  const local = origin && hostAllowed(new URL(origin).hostname, []) ? origin : 'http://localhost:3000';
  return `${COMMAND} run ${name} --base-url ${local}${settings}`;
}
