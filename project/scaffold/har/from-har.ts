import type { Method } from '../../../k6/runtime/client.ts';
import { usageError } from '../../../lib/errors.ts';
import { type DraftCall, makeTitle, PLAIN_CALL, type Step, type Value } from '../draft.ts';
import { inferRoutes, type Route } from '../routes.ts';
import type { Drafted } from '../source.ts';
import { Values } from '../values.ts';
import { convertBody, convertPairs } from './body.ts';
import { Correlation, type Use } from './correlation.ts';
import { convertHeaders } from './headers.ts';
import { type HarEntry, type Recording, readRecording } from './recording.ts';
import { endOf_ms, foldRedirects, isUnanswered } from './redirects.ts';
import { findSecrets } from './secrets.ts';
import { type Selection, selectEntries } from './select.ts';

const MS_PER_S = 1_000;
/** Shorter gaps come from the browser, longer ones from an interruption. */
const SHORTEST_PAUSE_S = 0.5;
const LONGEST_PAUSE_S = 10;
/** Pause of a user between two iterations. */
const LAST_PAUSE_S = 1;
/** Nobody could maintain a longer scenario. */
const MOST_CALLS = 100;
const LONGEST_GROUP = 60;
const NOT_MODIFIED = 304;
const OK = 200;

/**
 * Converts a browser's recording to a journey: the requests in their order, with their pauses, without secrets.
 * @throws LoadstarError (usage) if the file is no recording, or no request is left
 */
export async function draftFromHar(name: string, file: string, selection: Selection): Promise<Drafted> {
  const recording = await readRecording(file);
  const selected = selectEntries(foldRedirects(recording.entries), recording.has_answers, selection);
  const notes = [...recording.notes, ...selected.notes];
  const recorded = selected.entries;
  if (recorded.length > MOST_CALLS)
    notes.push(`left out: all but the first ${MOST_CALLS} of ${recorded.length} requests`);
  const kept = recorded.slice(0, MOST_CALLS);

  const values = new Values(name, findSecrets(recording.entries));
  const { calls, left_out } = convertCalls(kept, values);
  notes.push(...left_out);
  if (calls.length === 0) {
    throw usageError(
      'a recording with requests for a journey',
      notes.join('; '),
      'record a journey whose requests can be sent again',
    );
  }
  notes.push(...secretNotes(calls));
  return {
    draft: {
      title: makeTitle(name),
      journey: 'A recorded visit, request by request.',
      steps: groupSteps(recording, calls),
    },
    notes,
    origin: kept[0]?.at.origin ?? null,
  };
}

interface Converted {
  readonly entry: HarEntry;
  readonly call: DraftCall;
}

/** Converts requests. A value can come only from the answer to a request that is sent, so it begins again without those that are not. */
function convertCalls(entries: readonly HarEntry[], values: Values): { calls: Converted[]; left_out: string[] } {
  const correlation = new Correlation(entries);
  const useAt = (index: number) => (name: string, noun: string) => ({ index, name, noun });
  const routes = inferRoutes(
    entries.map(({ at }) => at.pathname),
    (text, index, noun) => values.isSecret('', text) || correlation.holds(text, { index, name: '', noun }),
  );
  const results = entries.map((entry, index) =>
    convertCall(
      entry,
      routes[index] ?? { route: '/', params: new Map(), nouns: new Map() },
      values,
      correlation,
      useAt(index),
    ),
  );
  const failed = results.flatMap((result) => (typeof result === 'string' ? [result] : []));
  const sendable = entries.filter((_, index) => typeof results[index] !== 'string');
  if (failed.length > 0) {
    const { calls, left_out } = convertCalls(sendable, values);
    return { calls, left_out: [...failed, ...left_out] };
  }
  const calls = results.flatMap((call, index) => {
    const entry = entries[index];
    if (!entry || typeof call === 'string') return [];
    const keeps = correlation.keepsOf(index);
    return [{ entry, call: { ...call, keeps, think_s: pauseAfter_s(entry, entries[index + 1]) } }];
  });
  return { calls, left_out: [] };
}

/** @returns why the request is left out, if it cannot be sent again */
function convertCall(
  entry: HarEntry,
  { route, params, nouns }: Route,
  plain: Values,
  correlation: Correlation,
  useOf: (name: string, noun: string) => Use,
): DraftCall | string {
  const { request, response, at } = entry;
  const valuesFor = (noun: string) =>
    plain.withFresh({
      toValue: (name, value) => correlation.toValue(value, useOf(noun === '' ? name : '', noun)),
      toParts: (name, text) => correlation.toParts(text, useOf(noun === '' ? name : '', noun)),
    });
  const values = valuesFor('');
  const body = convertBody(entry, values);
  if (typeof body === 'string') return `left out: ${request.method} ${route}, whose body ${body}`;
  return {
    ...PLAIN_CALL,
    method: request.method as Method,
    route,
    params: new Map([...params].map(([key, value]) => [key, valuesFor(nouns.get(key) ?? '').toValue(key, value)])),
    query: convertQuery(at, values),
    headers: convertHeaders(entry, body, values),
    body,
    statuses:
      response.status <= 0 || isUnanswered(entry)
        ? 'any 2xx'
        : [response.status === NOT_MODIFIED ? OK : response.status],
  };
}

function convertQuery({ searchParams }: URL, values: Values): Map<string, Value> {
  return convertPairs([...searchParams], values);
}

function pauseAfter_s(entry: HarEntry, next: HarEntry | undefined): number {
  if (!next) return LAST_PAUSE_S;
  const gap_s = (next.start_ms - endOf_ms(entry)) / MS_PER_S;
  return gap_s < SHORTEST_PAUSE_S ? 0 : Math.min(LONGEST_PAUSE_S, Math.round(gap_s * 10) / 10);
}

function secretNotes(calls: readonly Converted[]): string[] {
  const has = ({ entry }: Converted, header: RegExp) => entry.request.headers.some(({ name }) => header.test(name));
  const cookies = calls.filter((it) => has(it, /^cookie$/i)).length;
  const unexplained = calls.filter((it) => has(it, /^authorization$/i) && !it.call.headers.has('Authorization')).length;
  const fresh = new Set(calls.flatMap(({ call }) => call.keeps.map(({ name }) => name)));
  return [
    ...(fresh.size > 0 ? [`taken from the fresh answers: ${[...fresh].join(', ')}`] : []),
    ...(cookies > 0 ? [`left out: recorded cookies; those that the app sets in the journey are kept by k6`] : []),
    ...(unexplained > 0
      ? [`left out: recorded Authorization headers (${unexplained}); \`token_from_env\` of a target sends one`]
      : []),
  ];
}

function groupSteps({ pages }: Recording, calls: readonly { entry: HarEntry; call: DraftCall }[]): Step[] {
  const steps: { group: string | null; pageref: string | undefined; calls: DraftCall[] }[] = [];
  for (const { entry, call } of calls) {
    const last = steps.at(-1);
    if (last && last.pageref === entry.pageref) last.calls.push(call);
    else steps.push({ group: groupName(entry, pages), pageref: entry.pageref, calls: [call] });
  }
  return steps;
}

/** The title of the page. Browsers write its URL, of which only the pattern of the path is used. */
function groupName({ pageref }: HarEntry, pages: ReadonlyMap<string, string>): string | null {
  if (pageref === undefined) return null;
  const title = pages.get(pageref) ?? '';
  const name = URL.canParse(title) ? (inferRoutes([new URL(title).pathname])[0]?.route ?? '') : title;
  // k6 separates nested groups by two colons.
  return name.replace(/:{2,}/g, ':').replace(/\s+/g, ' ').trim().slice(0, LONGEST_GROUP) || null;
}
