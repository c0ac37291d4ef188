/** Existing k6 scripts, which run as they stand: what the command line has to know of one. */
import { basename } from 'node:path';
import type { Options } from 'k6/options';
import type { Scenario } from '../contract/scenarios.ts';
import { readScriptLoad, type ScriptExports, type ScriptLoad } from '../profiles/script-load.ts';
import { slosOfThresholds } from '../profiles/script-slos.ts';

/** A script's own part in a run. */
export interface K6Script {
  /** What it exports; `default` is the function of its users. */
  readonly exported: readonly string[];
  readonly load: ScriptLoad;
  /** Tags of its options, for all samples. */
  readonly tags: Readonly<Record<string, string>>;
  /** Requests a second that it limits itself to; null: none. */
  readonly rps: number | null;
}

/** Whether k6 itself could run what a file exports: a function of its users, or scenarios with functions that it exports. */
export function isK6Script(exported: ScriptExports): boolean {
  if (typeof exported.default === 'function') return true;
  const { scenarios } = optionsOf(exported);
  const functions = Object.values(scenarios ?? {}).map(({ exec }) => exec);
  return functions.length > 0 && functions.every((name) => typeof exported[name ?? 'default'] === 'function');
}

/** The entry of a script in the catalogue. @param shown its path, for people */
export function describeScript(exported: ScriptExports, shown: string): Scenario & { readonly k6_script: K6Script } {
  const options = optionsOf(exported);
  const load = readScriptLoad(options);
  const in_browser = Object.values(load.scenarios).some(
    (scenario) => (scenario as { options?: { browser?: unknown } }).options?.browser !== undefined,
  );
  return {
    title: basename(shown),
    journey: `The k6 script ${shown}.`,
    requests: [],
    slos: slosOfThresholds(options.thresholds),
    is_script: true,
    ...(in_browser ? { needs_browser: true } : {}),
    k6_script: {
      exported: Object.keys(exported),
      load,
      tags: Object.fromEntries(Object.entries(options.tags ?? {}).map(([key, value]) => [key, String(value)])),
      rps: typeof options.rps === 'number' && options.rps > 0 ? options.rps : null,
    },
  };
}

function optionsOf({ options }: ScriptExports): Options {
  return (typeof options === 'object' && options !== null ? options : {}) as Options;
}
