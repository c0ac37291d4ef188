import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import type { PageAssets } from '../html/document.ts';

const CLIENT = fileURLToPath(new URL('../html/client/', import.meta.url));
const made = new Map<'run' | 'index', Promise<PageAssets>>();

/** Script and style sheet of a page in one piece each, chart library included; made once a process. */
export function pageAssets(name: 'run' | 'index'): Promise<PageAssets> {
  const assets = made.get(name) ?? bundle(name);
  made.set(name, assets);
  return assets;
}

async function bundle(name: 'run' | 'index'): Promise<PageAssets> {
  // With a process of its own: Ctrl-C ends the service process that all other calls of esbuild share.
  const { outputFiles } = buildSync({
    absWorkingDir: CLIENT,
    entryPoints: [`${name}.ts`],
    outdir: 'out',
    write: false,
    bundle: true,
    minify: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    charset: 'utf8',
    banner: { js: `/*!\n${await chartLicence()}*/` },
    logLevel: 'silent',
  });
  const text = (extension: string) => outputFiles.find(({ path }) => path.endsWith(extension))?.text.trim() ?? '';
  return { script: text('.js'), style: text('.css') };
}

/** The chart library goes out with every page, and its licence (MIT) asks to go with it. */
async function chartLicence(): Promise<string> {
  const main_file = createRequire(import.meta.url).resolve('uplot');
  return await readFile(join(dirname(main_file), '..', 'LICENSE'), 'utf8');
}
