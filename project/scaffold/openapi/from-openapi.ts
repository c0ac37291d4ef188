import { usageError } from '../../../lib/errors.ts';
import { type DraftCall, makeTitle } from '../draft.ts';
import type { Drafted } from '../source.ts';
import { Values } from '../values.ts';
import { convertGet } from './operation.ts';
import { readOpenApi, toFields } from './read.ts';
import { EXTERNAL, References } from './references.ts';
import { tryUsable, type Unusable } from './unusable.ts';

/** A longer tour should be split. */
const MOST_CALLS = 200;
const PAUSE_S = 1;
const SHOWN = 10;

/**
 * Converts an API description to a tour: every GET whose parameters the description provides, once per iteration.
 * @throws LoadstarError (usage) if the file is no description, or no GET can be sent
 */
export async function draftFromOpenApi(name: string, file: string, with_auth: boolean): Promise<Drafted> {
  const document = await readOpenApi(file);
  const description = { document, references: new References(document), values: new Values(name, []), with_auth };
  const calls: DraftCall[] = [];
  const left_out: { path: string; why: Unusable }[] = [];
  for (const [path, item] of Object.entries(toFields(document.paths))) {
    // Extensions (`x-…`) are no paths.
    if (path.startsWith('x-')) continue;
    const call = tryUsable(
      () => convertGet(description, path, item),
      (why) => {
        left_out.push({ path, why });
        return null;
      },
    );
    if (call) calls.push(call);
  }
  if (calls.length === 0) throw nothingLeft(left_out);
  const notes = describeLeftOut(left_out);
  if (calls.length > MOST_CALLS) notes.push(`left out: all but the first ${MOST_CALLS} of ${calls.length} requests`);
  const kept = calls.slice(0, MOST_CALLS);
  return {
    draft: {
      title: makeTitle(name),
      journey: 'A tour of the API: every GET that it describes.',
      steps: [
        {
          group: null,
          calls: kept.map((call, index) => ({ ...call, think_s: index === kept.length - 1 ? PAUSE_S : 0 })),
        },
      ],
    },
    notes,
    origin: null,
  };
}

type LeftOut = readonly { readonly path: string; readonly why: Unusable }[];

/** The first ones by name, and the others by their reasons. */
function describeLeftOut(left_out: LeftOut): string[] {
  const others = left_out.slice(SHOWN);
  return [
    ...left_out.slice(0, SHOWN).map(({ path, why }) => `left out: GET ${path}: ${why.message}`),
    ...(others.length > 0 ? [`left out: ${others.length} more: ${countReasons(others)}`] : []),
    ...(hasExternal(left_out) ? [`${HOW_TO_BUNDLE}, to include what refers to other files`] : []),
  ];
}

function countReasons(left_out: LeftOut): string {
  const counts = new Map<string, number>();
  for (const { why } of left_out) counts.set(why.reason, (counts.get(why.reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => `${reason} (${count})`).join(', ');
}

const HOW_TO_BUNDLE = 'bundle the description into one file first, for example with `npx @redocly/cli bundle`';

function hasExternal(left_out: LeftOut): boolean {
  return left_out.some(({ why }) => why.reason === EXTERNAL);
}

function nothingLeft(left_out: LeftOut): Error {
  const [first] = left_out;
  const next = hasExternal(left_out) ? HOW_TO_BUNDLE : 'add examples, or use --with-auth';
  if (!first) return usageError('a description with a GET', 'no GET', 'write a scenario without --from-openapi');
  const found = `GET ${first.path}: ${first.why.message}${left_out.length > 1 ? `; reasons of all: ${countReasons(left_out)}` : ''}`;
  return usageError('a description with a GET whose parameters have examples', found, next);
}
