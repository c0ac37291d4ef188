import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { PACKAGE } from '../../contract/package-name.ts';
import { PROJECT_FILES } from '../../contract/project-files.ts';
import { runCommand } from '../../lib/command.ts';
import type { CommandContext } from '../../lib/context.ts';
import { unusableError, usageError } from '../../lib/errors.ts';
import { parents } from '../../lib/find-project.ts';
import { readPackage } from '../../lib/package-version.ts';
import { shownPath } from '../../lib/shown-path.ts';
import { writeWhole } from '../../lib/whole-file.ts';
import { deriveName } from '../project-name.ts';
import { createPlainDraft } from '../scaffold/draft.ts';
import { render } from '../scaffold/render.ts';
import { extendManifest, newManifest } from './manifest.ts';
import { findUpwards, isInstalled, k6TypesVersion, ownVersionSpec } from './own-version.ts';
import { detectPackageManager, type PackageManager } from './package-manager.ts';
import { configText, ignoredLines, isLoopback, LOAD_TEST, makeTarget, TSCONFIG_TEXT, targetName } from './texts.ts';
import { excludeFromTsconfig } from './tsconfig.ts';
import { ciFile } from './workflow.ts';

export interface InitFlags {
  readonly baseUrl?: string;
  readonly yes?: true;
  readonly ci?: boolean;
  readonly install?: boolean;
}

/** A file to write, and why it may be left as it is. */
interface Planned {
  /** Absolute. */
  readonly file: string;
  /** The whole text afterwards; null: the file stays as it is. */
  readonly text: string | null;
}

const SCENARIO = 'home';
const MAKEFILES = ['GNUmakefile', 'makefile', 'Makefile'];

/**
 * Makes a directory of a team's repository a project: configuration, a scenario, types, and the dependency. What is there already
 * stays as it is, so that a second call adds what is missing.
 * @param asked directory; undefined: the working directory
 * @throws LoadstarError (usage) before anything is written; (unusable) where the packages cannot be installed
 */
export async function initProject(context: CommandContext, asked: string | undefined, flags: InitFlags): Promise<void> {
  const directory = resolve(context.cwd, asked ?? '.');
  if (directory === context.root) throw ownRepository(directory);
  const base_url = flags.baseUrl === undefined ? null : requireAddress(flags.baseUrl);
  const above = [...parents(directory)];
  // Outside of a repository, what lies above is not the team's.
  const place = existsSync(join(above.at(-1) ?? directory, '.git')) ? above : [directory];
  const manager = detectPackageManager(place);
  const package_dir = findUpwards(place, 'package.json') ?? directory;
  const name = await deriveName({ directory }, context.root);
  const setting = { directory, name, repository: place.at(-1) ?? directory, package_dir, manager, base_url };
  const manifest = manifestFile(context.root, setting);
  const planned = [
    ...projectFiles(setting),
    manifest,
    ...makefile(setting),
    ignoreFile(setting, place),
    ...(await workflowFile(context, setting, flags)),
  ];
  const exclusion = excludeFromTsconfig(directory, place);
  if (exclusion?.text) planned.push(exclusion);
  for (const { file, text } of planned) {
    if (text === null) {
      context.ui.result.note(`kept ${shownPath(context.cwd, file)}`);
      continue;
    }
    const verb = existsSync(file) ? 'extended' : 'wrote';
    await mkdir(dirname(file), { recursive: true });
    await writeWhole(file, text);
    context.ui.result.line(`${verb} ${shownPath(context.cwd, file)}`);
  }
  if (exclusion?.text === null) {
    const list = exclusion.names.map((name) => JSON.stringify(name)).join(', ');
    context.ui.note(
      `add ${list} to "exclude" in ${shownPath(context.cwd, exclusion.file)}: ${PROJECT_FILES.scenarios}/ has a tsconfig.json of its own`,
    );
  }
  // A changed package.json needs its lock file to change too, or CI refuses both.
  const is_complete = manifest.text === null && isInstalled(package_dir);
  if (flags.install !== false && !is_complete) await install(context, setting);
  sayNext(context, setting);
}

interface Setting {
  readonly directory: string;
  /** Of the project; null: none can be derived. */
  readonly name: string | null;
  readonly repository: string;
  /** Directory of the package.json that gets the dependency. */
  readonly package_dir: string;
  readonly manager: PackageManager;
  readonly base_url: string | null;
}

function ownRepository(directory: string) {
  return usageError(
    'a repository of your own app',
    `${directory}, the clone of Loadstar that runs`,
    'change to your repository, and call it there',
  );
}

function requireAddress(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url && /^https?:$/.test(url.protocol) && !url.username && !url.password) return text;
  throw usageError(
    '--base-url to be the address of your app',
    `\`${text}\``,
    'for example --base-url http://localhost:3000',
  );
}

/** The text for a file that is not there, and null for one that is. */
function newFile(file: string, text: string): Planned {
  return { file, text: existsSync(file) ? null : text };
}

function projectFiles({ directory, name, base_url }: Setting): Planned[] {
  const scenarios = join(directory, PROJECT_FILES.scenarios);
  const has_scripts = existsSync(scenarios) && readdirSync(scenarios).some((name) => /\.[cm]?[jt]s$/.test(name));
  return [
    newFile(join(directory, PROJECT_FILES.config), configText(name, base_url)),
    ...(has_scripts ? [] : [newFile(join(scenarios, `${SCENARIO}.ts`), render(createPlainDraft(SCENARIO)))]),
    newFile(join(scenarios, 'tsconfig.json'), TSCONFIG_TEXT),
  ];
}

/** The command of the installed package, as a script of package.json may call it. */
function scriptText({ directory, package_dir, base_url }: Setting): string {
  const below = relative(package_dir, directory);
  const config = below ? ` --config ${join(below, PROJECT_FILES.config)}` : '';
  return `loadstar run${config}${base_url === null ? '' : ` --target ${targetName(base_url)}`}`;
}

function manifestFile(root: string, setting: Setting): Planned {
  const { package_dir, manager } = setting;
  const file = join(package_dir, 'package.json');
  const before = existsSync(file) ? readFileSync(file, 'utf8') : null;
  const spec = ownVersionSpec(root, package_dir);
  // Neither of these puts the packages of a package beside it: pnpm and yarn in general, npm for a directory that it links.
  const is_apart = manager.name !== 'npm' || (spec.startsWith('file:') && !spec.endsWith('.tgz'));
  const k6_types = is_apart ? { '@types/k6': k6TypesVersion(root) } : {};
  const text = extendManifest(before ?? newManifest(basename(package_dir)), file, {
    scripts: { [LOAD_TEST]: scriptText(setting) },
    devDependencies: { [PACKAGE]: spec, ...k6_types },
  });
  return { file, text: text === before ? null : text };
}

/** A target where there is a Makefile, or no package.json whose scripts people know. */
function makefile({ directory, package_dir, manager, base_url }: Setting): Planned[] {
  const existing = MAKEFILES.find((name) => readdirIfAny(directory).includes(name));
  if (existing === undefined && existsSync(join(package_dir, 'package.json'))) return [];
  const file = join(directory, existing ?? 'Makefile');
  const before = existing === undefined ? '' : readFileSync(file, 'utf8');
  if (new RegExp(`^${LOAD_TEST}\\s*:`, 'm').test(before)) return [{ file, text: null }];
  const target = makeTarget(
    manager.exec,
    [manager.name, ...manager.install].join(' '),
    base_url === null ? null : targetName(base_url),
  );
  return [{ file, text: appended(before, target) }];
}

function readdirIfAny(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory) : [];
}

/** With an empty line between. */
function appended(before: string, text: string): string {
  if (before === '') return text;
  return `${before.endsWith('\n') ? before : `${before}\n`}\n${text}`;
}

function ignoreFile({ directory }: Setting, place: readonly string[]): Planned {
  const file = join(directory, '.gitignore');
  const lines = (it: string) =>
    existsSync(it)
      ? readFileSync(it, 'utf8')
          .split(/\r?\n/)
          .map((line) => line.trim())
      : [];
  const ignores_packages = place.some((it) =>
    lines(join(it, '.gitignore')).some((line) => /^\/?node_modules\/?$/.test(line)),
  );
  const plain = (line: string) => line.replaceAll(/^\/|\/$/g, '');
  const present = new Set(lines(file).map(plain));
  const missing = ignoredLines(!ignores_packages).filter((line) => !present.has(plain(line)));
  if (missing.length === 0) return { file, text: null };
  return {
    file,
    text: appended(existsSync(file) ? readFileSync(file, 'utf8') : '', `# Loadstar\n${missing.join('\n')}\n`),
  };
}

/** CI reads files of the repository's root alone. */
async function workflowFile(context: CommandContext, setting: Setting, flags: InitFlags): Promise<Planned[]> {
  const { directory, repository, manager, base_url } = setting;
  const is_public = base_url !== null && !isLoopback(base_url);
  const place = {
    repository,
    directory: relative(repository, directory).replaceAll('\\', '/'),
    package_manager: manager,
    target: is_public ? targetName(base_url) : null,
  };
  const { service, file: name, text, next } = ciFile(place, readPackage(context.root));
  const file = join(repository, name);
  if (flags.ci === false) return [];
  if (existsSync(file)) return [{ file, text: null }];
  if (flags.ci !== true && flags.yes !== true) {
    const answer =
      (await context.ask?.(`Write ${shownPath(context.cwd, file)}, which runs the load tests on ${service}? [y/N] `)) ??
      null;
    if (answer === null) context.ui.note(`no ${name}: \`init --ci\` writes it`);
    if (!/^y(es)?$/i.test(answer?.trim() ?? '')) return [];
  }
  if (next) context.ui.note(next);
  return [{ file, text }];
}

async function install(context: CommandContext, { package_dir, manager }: Setting): Promise<void> {
  const shown = [manager.name, ...manager.install].join(' ');
  const options = { cwd: package_dir, env: context.env, signal: context.stop };
  const result = await context.ui.step(`installing packages: ${shown}`, () =>
    runCommand(manager.name, manager.install, options),
  );
  context.stop.throwIfAborted();
  if (result.ok) return;
  throw unusableError(
    `\`${shown}\` to succeed in ${package_dir}`,
    result.reason,
    'mend it, and run the same command again',
  );
}

function sayNext({ ui, cwd }: CommandContext, setting: Setting): void {
  const { directory, base_url, manager } = setting;
  const change = directory === cwd ? '' : `cd ${shownPath(cwd, directory)} && `;
  const run = base_url === null ? `run ${SCENARIO}` : `run ${SCENARIO} --target ${targetName(base_url)}`;
  ui.line('next:');
  ui.line(`  ${change}${manager.exec} ${run}`);
  if (base_url === null) ui.note('without a target it loads the built-in demo; name yours in loadstar.config.ts');
}
