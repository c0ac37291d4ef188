import { gt } from 'semver';
import { COMMAND, PACKAGE } from '../../contract/package-name.ts';
import { runCommand } from '../../lib/command.ts';
import type { CommandContext } from '../../lib/context.ts';
import { unusableError } from '../../lib/errors.ts';
import { parents } from '../../lib/find-project.ts';
import { readPackage } from '../../lib/package-version.ts';
import { detectPackageManager } from '../init/package-manager.ts';
import { changesBetween, readChangelog, type VersionChanges } from './changelog.ts';
import { findInstallation, type Installation } from './installation.ts';
import { type Newest, newestInGit, newestInRegistry } from './newest.ts';

/** The installed version beside the newest one. */
export interface UpgradeCheck {
  readonly installed: string;
  readonly newest: string;
  /** As package.json has it; null: no package.json names Loadstar. */
  readonly spec: string | null;
  readonly is_newer: boolean;
  /** Newest first. null: the newest version has no CHANGELOG. */
  readonly changes: readonly VersionChanges[] | null;
  /** What upgrades; null: nothing to do. */
  readonly command: string | null;
  /** Versions of Node.js that the newest version runs on, where they differ. */
  readonly needs_node: string | null;
}

/**
 * Asks where the installed Loadstar came from for a newer one. It changes nothing.
 * @throws LoadstarError (unusable) if that place does not answer
 */
export async function checkUpgrade(context: CommandContext): Promise<UpgradeCheck> {
  const { version: installed, engines } = readPackage(context.root);
  const installation = findInstallation(context.root, context.cwd);
  const newest = await findNewest(context, installation);
  const is_newer = gt(newest.version, installed);
  const { node, changelog } = newest;
  return {
    installed,
    newest: newest.version,
    spec: installation.kind === 'clone' ? null : installation.spec || null,
    is_newer,
    changes: changelog === null ? null : changesBetween(readChangelog(changelog), installed, newest.version),
    command: is_newer ? upgradeCommand(context, installation, newest) : null,
    needs_node: is_newer && node !== engines.node ? node : null,
  };
}

async function findNewest(context: CommandContext, installation: Installation): Promise<Newest> {
  const { kind, directory } = installation;
  if (kind === 'git') return await newestInGit(context, installation.url);
  if (kind !== 'clone') return await newestInRegistry(context, directory);
  const options = { env: context.env, signal: context.stop };
  const origin = await runCommand('git', ['-C', directory, 'remote', 'get-url', 'origin'], options);
  if (origin.ok) return await newestInGit(context, origin.stdout.trim());
  throw unusableError(
    `${directory}, a clone of Loadstar, to have a remote \`origin\``,
    origin.reason,
    'name it: git remote add origin <address>',
  );
}

function upgradeCommand(context: CommandContext, installation: Installation, { version, tag }: Newest): string {
  const { kind, directory } = installation;
  const change = directory === context.cwd ? '' : `cd ${directory} && `;
  if (kind === 'clone') return `${change}git fetch --tags && git switch --detach ${tag} && npm ci`;
  if (installation.spec === '') return `${COMMAND}@${version}`;
  const { add } = detectPackageManager([...parents(directory)]);
  const wanted = kind === 'git' ? `${installation.spec.replace(/#.*$/, '')}#${tag}` : version;
  return `${change}${add} ${PACKAGE}@${wanted}`;
}
