#!/usr/bin/env node
// A bundle starts in a third of the time that its sources need. It is made again when a source has changed.
// The command runs in this very process: a wrapper process would swallow or double signals.
import { readFileSync, statSync } from 'node:fs';

const root = new URL('..', import.meta.url);

/** @returns the bundle of exactly these sources, if there is one */
function freshBundle() {
  try {
    const { bundle, stamps } = JSON.parse(readFileSync(new URL('node_modules/.cache/loadstar/cli.json', root), 'utf8'));
    const isUnchanged = ([file, mtime_ms]) =>
      (statSync(new URL(file, root), { throwIfNoEntry: false })?.mtimeMs ?? null) === mtime_ms;
    return stamps.every(isUnchanged) && statSync(new URL(bundle)).isFile() ? bundle : null;
  } catch {
    return null;
  }
}

async function madeBundle() {
  const { register } = await import('tsx/esm/api');
  register();
  const { compile } = await import('./compile.ts');
  return await compile(root);
}

// Errors name the line of the source.
process.setSourceMapsEnabled(true);
await import(freshBundle() ?? (await madeBundle()) ?? './bin.ts');
