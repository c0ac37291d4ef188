/** Examples of failed and of slow requests, as the output of each generator leaves them. */
import { readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Example, type Examples, examples } from '../../contract/examples.ts';
import { EXAMPLES_FILE } from '../../contract/run-files.ts';
import { maskNamedSecrets, maskSecrets, toPrintable } from '../../lib/redact.ts';
import { readDocument } from './read-outputs.ts';

export interface ExampleSource {
  readonly directory: string;
  /** Longest first. */
  readonly secrets: readonly string[];
}

/** As many as one generator keeps (k6/output/kept). */
const MOST_OF_A_KIND = 3;
/** A summary stays small: beyond this, the kinds that came later give way. */
const MOST_FAILED = 60;
const MOST_SLOWEST = 150;

/**
 * Reads the files of all generators, removes them (they hold what the target answered), and masks secrets.
 * @param trace_url where a trace is shown, with `{trace_id}`; null if nobody said
 * @returns undefined without any example
 */
export async function takeExamples(
  sources: readonly ExampleSource[],
  trace_url: string | null,
): Promise<Examples | undefined> {
  const taken = await Promise.all(sources.map(takeOne));
  const linked = (all: readonly Example[]) => all.map((one) => withLink(one, trace_url));
  const failed = taken.flatMap((one) => one?.failed ?? []).sort((a, b) => Date.parse(a.began) - Date.parse(b.began));
  const slowest = taken.flatMap((one) => one?.slowest ?? []).sort((a, b) => b.duration_ms - a.duration_ms);
  if (failed.length + slowest.length === 0) return undefined;
  return {
    failed: linked(
      firstOfEach(failed, ({ name, status, error_code, check }) => [name, status, error_code, check]),
    ).slice(0, MOST_FAILED),
    slowest: linked(firstOfEach(slowest, ({ name }) => [name])).slice(0, MOST_SLOWEST),
  };
}

/** Of a run whose call was killed: nobody knows any more which secrets to mask. */
export async function removeExamples(directory: string): Promise<void> {
  const names = await readdir(directory, { recursive: true }).catch(() => []);
  const left = names.filter((name) => basename(name) === EXAMPLES_FILE);
  await Promise.all(left.map((name) => rm(join(directory, name), { force: true })));
}

async function takeOne({ directory, secrets }: ExampleSource): Promise<Examples | null> {
  const file = join(directory, EXAMPLES_FILE);
  const found = await readDocument(file, examples);
  await rm(file, { force: true });
  if (!found) return null;
  const mask = (all: readonly Example[]) => all.map((one) => masked(one, secrets));
  return { failed: mask(found.failed), slowest: mask(found.slowest) };
}

function masked(one: Example, secrets: readonly string[]): Example {
  const clean = (text: string) => toPrintable(maskNamedSecrets(maskSecrets(text, secrets)));
  return {
    ...one,
    name: clean(one.name),
    url: clean(one.url),
    ...(one.error === undefined ? {} : { error: clean(one.error) }),
    ...(one.check === undefined ? {} : { check: clean(one.check) }),
    ...(one.body === undefined ? {} : { body: clean(one.body) }),
  };
}

function firstOfEach(all: readonly Example[], kind: (one: Example) => unknown[]): Example[] {
  const counts = new Map<string, number>();
  return all.filter((one) => {
    const key = JSON.stringify(kind(one));
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    return count <= MOST_OF_A_KIND;
  });
}

function withLink(one: Example, trace_url: string | null): Example {
  return one.trace_id && trace_url ? { ...one, trace_url: trace_url.replaceAll('{trace_id}', one.trace_id) } : one;
}
