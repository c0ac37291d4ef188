import { Command } from 'commander';
import { EXIT } from '../../contract/exit-codes.ts';
import { SCENARIOS } from '../../contract/scenarios.ts';
import type { CommandContext } from '../../lib/context.ts';
import { loadProject, type Project, shownPath } from '../../project/project.ts';
import { plainTable } from '../../report/terminal/table.ts';
import { listProfiles } from '../../runs/options/asked-load.ts';
import { CONFIG_OPTION, type CommandFactory } from './lib/command-factory.ts';

/** What a run can be called with. */
export interface Listed {
  readonly scenarios: readonly {
    readonly name: string;
    /** Path of the team's own; null: built-in, for the demo. */
    readonly file: string | null;
    readonly title: string | null;
  }[];
  readonly profiles: readonly { readonly name: string; readonly summary: string }[];
  readonly targets: readonly {
    readonly name: string;
    readonly base_url: string;
    readonly is_production: boolean;
    readonly max_rate_rps: number | null;
    readonly max_duration_s: number | null;
    readonly max_vus: number | null;
  }[];
}

/** `loadstar list`: scenarios, profiles and targets. It reads files alone, and starts nothing. */
export const listCommand: CommandFactory = (context, report) =>
  new Command('list')
    .description('List the scenarios, profiles and targets that a run can be called with.')
    .option(...CONFIG_OPTION)
    .option('--json', 'print the list as JSON')
    .action(async (flags: { config?: string; json?: true }) => {
      const listed = listProject(context, await loadProject(context, flags.config));
      if (flags.json) context.print(JSON.stringify(listed, null, 2));
      else showList(context, listed);
      report(EXIT.passed);
    });

/** What the project of the call has. */
export function listProject(context: CommandContext, { own_files, config }: Project): Listed {
  const own = [...own_files].map(([name, file]) => ({ name, file: shownPath(context, file), title: null }));
  const built_in = Object.entries(SCENARIOS).filter(([name]) => !own_files.has(name));
  return {
    scenarios: [...own, ...built_in.map(([name, { title }]) => ({ name, file: null, title }))],
    profiles: listProfiles(config),
    targets: Object.entries(config.targets ?? {}).map(([name, target]) => ({
      name,
      base_url: target.base_url,
      is_production: target.production === true,
      max_rate_rps: target.max_rate_rps ?? null,
      max_duration_s: target.max_duration_s ?? null,
      max_vus: target.max_vus ?? null,
    })),
  };
}

function showList({ ui }: CommandContext, { scenarios, profiles, targets }: Listed): void {
  const { colors, line } = ui.result;
  const section = (head: readonly string[], rows: readonly (readonly string[])[]) =>
    line(
      plainTable(
        head.map((title) => colors.dim(title)),
        rows,
        head.length,
      ),
    );
  section(
    ['scenario', ''],
    scenarios.map(({ name, file, title }) => [name, file ?? `built-in: ${title}`]),
  );
  line();
  section(
    ['profile', ''],
    profiles.map(({ name, summary }) => [name, summary]),
  );
  line();
  if (targets.length === 0) line('no targets: loadstar.config.ts names none');
  else
    section(
      ['target', 'address', ''],
      targets.map(({ name, base_url, is_production }) => [name, base_url, is_production ? 'production' : '']),
    );
}
