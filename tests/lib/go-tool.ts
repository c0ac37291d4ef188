import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../../lib/command.ts';
import { cachedBinary } from '../../stack/binaries/cache.ts';
import { readGoVersion, runGo } from '../../stack/binaries/go.ts';
import type { Machine } from './machine.ts';

export interface GoTool {
  readonly name: string;
  readonly module: string;
  readonly version: string;
  /** The main package, below the module's root. */
  readonly main: string;
}

/** A tool that only tests need, built from its Go module into the user's cache. @returns null where there is no Go */
export async function goTool({ context }: Machine, tool: GoTool): Promise<string | null> {
  if ((await readGoVersion(context.env)) === null) return null;
  return await cachedBinary(context, {
    key: `${tool.name}-${tool.version}`,
    title: `building ${tool.name} v${tool.version}`,
    async build(out, directory) {
      const download = ['mod', 'download', '-json', `${tool.module}@v${tool.version}`];
      const { Dir } = JSON.parse(await runGo(context, tool.name, download, { cwd: directory })) as { Dir: string };
      const source = join(directory, 'source');
      await cp(Dir, source, { recursive: true });
      await runCommand('chmod', ['-R', 'u+w', source]);
      await runGo(context, tool.name, ['build', '-trimpath', '-o', out, tool.main], { cwd: source });
    },
  });
}
