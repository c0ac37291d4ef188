import { join } from 'node:path';
import type { Message, Plugin } from 'esbuild';

const SHOWN_ERRORS = 5;

/** `loadstar` and `loadstar/k6` are this checkout, wherever the importing file lies. */
export function loadstarModules(root: string): Plugin {
  const files: Readonly<Record<string, string>> = {
    loadstar: join(root, 'index.ts'),
    'loadstar/k6': join(root, 'k6', 'index.ts'),
  };
  return {
    name: 'loadstar-modules',
    setup(build) {
      build.onResolve({ filter: /^loadstar(\/|$)/ }, ({ path }) => {
        const file = files[path];
        return file
          ? { path: file }
          : { errors: [{ text: `no module ${path}: there are ${Object.keys(files).join(' and ')}` }] };
      });
    },
  };
}

/** esbuild's first errors, a line each: `file:line:column: text`. null where the error is not esbuild's. */
export function bundleErrors(error: unknown): string | null {
  const errors = (error as { errors?: Message[] }).errors;
  if (!errors) return null;
  const more = errors.length > SHOWN_ERRORS ? [`and ${errors.length - SHOWN_ERRORS} more`] : [];
  return [...errors.slice(0, SHOWN_ERRORS).map(describeError), ...more].join('\n         ');
}

function describeError({ location, text }: Message): string {
  return location ? `${location.file}:${location.line}:${location.column + 1}: ${text}` : text;
}
