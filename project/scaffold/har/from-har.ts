import type { Method } from '../../../k6/runtime/client.ts';
import { parseJson } from '../../../lib/json.ts';
import { type DraftCall, makeTitle, PLAIN_CALL, type Step, type Value } from '../draft.ts';
import { inferRoutes, type Route } from '../routes.ts';
import type { Drafted } from '../source.ts';
import { Values } from '../values.ts';
import { type HarEntry, type Recording, readRecording, startOf_ms } from './recording.ts';
import { type Selection, selectEntries } from './select.ts';
import { findBearer, findSecrets, findTokenSources } from './tokens.ts';

const MS_PER_S = 1_000;
/** Shorter gaps come from the browser, longer ones from an interruption. */
const SHORTEST_PAUSE_S = 0.5;
const LONGEST_PAUSE_S = 10;
/** Pause of a user between two iterations. */
const LAST_PAUSE_S = 1;
/** Nobody could maintain a longer scenario. */
const MOST_CALLS = 100;
const LONGEST_BODY = 64 * 2 ** 10;
const LONGEST_GROUP = 60;
const NOT_MODIFIED = 304;
const OK = 200;

/**
 * Converts a browser's recording to a journey: the requests in their order, with their pauses, without secrets.
 * @throws LoadstarError (usage) if the file is no recording, or no request is left
 */
export async function draftFromHar(name: string, file: string, selection: Selection): Promise<Drafted> {
  const recording = await readRecording(file);
  const selected = selectEntries(recording, selection);
  const notes = [...selected.notes];
  const recorded = foldRedirects(selected.entries);
  if (recorded.length > MOST_CALLS)
    notes.push(`left out: all but the first ${MOST_CALLS} of ${recorded.length} requests`);
  const kept = recorded.slice(0, MOST_CALLS);

  const values = new Values(name, findSecrets(recording.entries));
  const sources = findTokenSources(kept);
  const routes = inferRoutes(
    kept.map(({ at }) => at.pathname),
    (text) => values.isSecret('', text),
  );
  const calls = kept.flatMap((entry, index) => {
    const route = routes[index] ?? { route: '/', params: new Map() };
    const call = convertCall(entry, route, values, notes);
    const pause_s = pauseAfter_s(entry, kept[index + 1]);
    return call
      ? [
          {
            entry,
            call: {
              ...call,
              think_s: pause_s,
              token_at: sources.get(entry) ?? null,
              sends_token: sendsToken(entry, sources),
            },
          },
        ]
      : [];
  });
  notes.push(...secretNotes(kept, sources));
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

/** Joins redirects to one request, because Loadstar's client follows redirects itself. */
function foldRedirects(entries: readonly HarEntry[]): HarEntry[] {
  const folded: HarEntry[] = [];
  let awaited: string | null = null;
  for (const entry of entries) {
    const last = folded.at(-1);
    if (last && awaited === entry.at.href && entry.request.method === 'GET') {
      folded[folded.length - 1] = { ...last, response: entry.response, time: endOf_ms(entry) - startOf_ms(last) };
    } else folded.push(entry);
    const { redirectURL } = entry.response;
    awaited = redirectURL && URL.canParse(redirectURL, entry.at.href) ? new URL(redirectURL, entry.at).href : null;
  }
  return folded;
}

function endOf_ms(entry: HarEntry): number {
  return startOf_ms(entry) + entry.time;
}

function convertCall(entry: HarEntry, { route, params }: Route, values: Values, notes: string[]): DraftCall | null {
  const { request, response, at } = entry;
  const body = convertBody(entry, values);
  if (body === 'unknown') {
    notes.push(
      `left out: ${request.method} ${route}, whose body is neither JSON nor a form of at most ${LONGEST_BODY / 2 ** 10} kB`,
    );
    return null;
  }
  return {
    ...PLAIN_CALL,
    method: request.method as Method,
    route,
    params: new Map([...params].map(([key, value]) => [key, values.toValue(key, value)])),
    query: convertQuery(at, values),
    body,
    statuses: [response.status === NOT_MODIFIED ? OK : response.status],
  };
}

/** The last value of a repeated key counts. */
function convertQuery({ searchParams }: URL, values: Values): Map<string, Value> {
  return new Map([...searchParams].map(([key, value]) => [key, values.toValue(key, value)]));
}

function convertBody({ request }: HarEntry, values: Values): DraftCall['body'] | 'unknown' {
  const { postData } = request;
  if (!postData || request.method === 'GET' || (!postData.text && !postData.params?.length)) return null;
  const text = postData.text ?? '';
  if (text.length > LONGEST_BODY) return 'unknown';
  if (postData.mimeType.includes('json')) {
    const body = parseJson(text);
    return body === undefined ? 'unknown' : { kind: 'json', value: values.toValue('body', body) };
  }
  if (!postData.mimeType.includes('x-www-form-urlencoded')) return 'unknown';
  const pairs = text
    ? [...new URLSearchParams(text)]
    : (postData.params ?? []).map(({ name, value }) => [name, value ?? ''] as const);
  return {
    kind: 'form',
    value: { kind: 'record', fields: new Map(pairs.map(([key, value]) => [key, values.toValue(key, value)])) },
  };
}

function pauseAfter_s(entry: HarEntry, next: HarEntry | undefined): number {
  if (!next) return LAST_PAUSE_S;
  const gap_s = (startOf_ms(next) - endOf_ms(entry)) / MS_PER_S;
  return gap_s < SHORTEST_PAUSE_S ? 0 : Math.min(LONGEST_PAUSE_S, Math.round(gap_s * 10) / 10);
}

/** Whether a request sends a token that an earlier response returned. */
function sendsToken(entry: HarEntry, sources: ReadonlyMap<HarEntry, unknown>): boolean {
  return findBearer(entry) !== null && [...sources.keys()].some((source) => startOf_ms(source) < startOf_ms(entry));
}

function secretNotes(entries: readonly HarEntry[], sources: ReadonlyMap<HarEntry, unknown>): string[] {
  const has = (entry: HarEntry, header: RegExp) => entry.request.headers.some(({ name }) => header.test(name));
  const cookies = entries.filter((entry) => has(entry, /^cookie$/i)).length;
  const unexplained = entries.filter((entry) => has(entry, /^authorization$/i) && !sendsToken(entry, sources)).length;
  return [
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
