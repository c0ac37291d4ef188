import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { PageAssets } from '../../report/document.ts';

const CLIENT = fileURLToPath(new URL('../../report/client/', import.meta.url));
const made = new Map<'run' | 'index', Promise<PageAssets>>();

/** Script and style sheet of a page in one piece each, chart library included; made once a process. */
export function pageAssets(name: 'run' | 'index'): Promise<PageAssets> {
  const assets = made.get(name) ?? bundle(name);
  made.set(name, assets);
  return assets;
}

async function bundle(name: 'run' | 'index'): Promise<PageAssets> {
  const { outputFiles } = await build({
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
    // The licence of the chart library (MIT) asks to be kept.
    legalComments: 'inline',
    logLevel: 'silent',
  });
  const text = (extension: string) => outputFiles.find(({ path }) => path.endsWith(extension))?.text.trim() ?? '';
  return { script: text('.js'), style: text('.css') };
}
