import { usageError } from '../../../lib/errors.ts';
import type { HarEntry } from './recording.ts';
import { isEndless, isRedirect } from './redirects.ts';

export interface Selection {
  /** Hosts (with port, if any) whose requests are kept. Empty: the first host of the recording. */
  readonly hosts: readonly string[];
  readonly with_assets: boolean;
}

export interface Selected {
  readonly entries: readonly HarEntry[];
  readonly hosts: readonly string[];
  readonly notes: readonly string[];
}

/** Of the browser and of proxies, not of the journey. */
const OTHER_METHODS = ['OPTIONS', 'CONNECT', 'TRACE'];
/** As Chrome calls them (DevTools protocol, Network.ResourceType). Sockets and event streams do not end. */
const ASSET_TYPES = [
  'image',
  'stylesheet',
  'script',
  'font',
  'media',
  'manifest',
  'texttrack',
  'ping',
  'cspviolationreport',
];
const ENDLESS_TYPES = ['websocket', 'eventsource'];
const ASSET_MIME = /^(image|font|audio|video)\/|css|javascript|ecmascript|wasm/i;
const ASSET_PATH = /\.(css|m?js|map|png|jpe?g|gif|svg|webp|avif|ico|woff2?|ttf|otf|eot|mp[34]|webm|wasm|webmanifest)$/i;
const FIRST_ERROR = 400;
const HOSTS_SHOWN = 10;
const OTHERS_SHOWN = 3;

/** Selects the requests of the journey. @throws LoadstarError (usage) for a host without requests, or if none is left */
export function selectEntries(
  entries: readonly HarEntry[],
  has_answers: boolean,
  { hosts, with_assets }: Selection,
): Selected {
  const chosen = hosts.length > 0 ? hosts.map((host) => host.toLowerCase()) : [defaultHost(entries)];
  refuseUnknownHosts(entries, chosen);
  const left_out = new Map<string, number>();
  const of_hosts = entries.filter(({ at }) => chosen.includes(at.host));
  const kept = of_hosts.filter((entry) => {
    const why = findReasonAgainst(entry, has_answers, with_assets);
    if (why) left_out.set(why, (left_out.get(why) ?? 0) + 1);
    return !why;
  });
  const notes = [
    ...describeOtherHosts(entries.filter(({ at }) => !chosen.includes(at.host))),
    ...[...left_out].map(([why, count]) => `left out: ${why} (${count})`),
  ];
  if (kept.length > 0) return { entries: kept, hosts: chosen, notes };
  throw usageError(
    'a recording with requests for a journey',
    notes.join('; '),
    'choose another host with --host, keep static files with --with-assets, or record again',
  );
}

/** The host of the first page, or else of the first answer. A redirect to another host is neither. */
function defaultHost(entries: readonly HarEntry[]): string {
  const answers = entries.filter(
    ({ response }) => response.status > 0 && response.status < FIRST_ERROR && !isRedirect(response),
  );
  const page = answers.find(({ response }) => response.content.mimeType.includes('html'));
  return (page ?? answers[0] ?? entries[0])?.at.host ?? '';
}

/** A page may use the API of another host: the most frequent hosts are named. */
function describeOtherHosts(entries: readonly HarEntry[]): string[] {
  const counts = new Map<string, number>();
  for (const { at } of entries) counts.set(at.host, (counts.get(at.host) ?? 0) + 1);
  if (counts.size === 0) return [];
  const shown = [...counts].sort(([, a], [, b]) => b - a).slice(0, OTHERS_SHOWN);
  const more = counts.size > shown.length ? ` and ${counts.size - shown.length} more` : '';
  const names = shown.map(([host, count]) => `${host} (${count})`).join(', ');
  return [`left out: requests to other hosts, which --host keeps: ${names}${more}`];
}

function refuseUnknownHosts(entries: readonly HarEntry[], chosen: readonly string[]): void {
  const recorded = [...new Set(entries.map(({ at }) => at.host))];
  const unknown = chosen.find((host) => !recorded.includes(host));
  if (unknown === undefined) return;
  throw usageError(
    '--host to be a host of the recording',
    `\`${unknown}\``,
    `its hosts are: ${recorded.slice(0, HOSTS_SHOWN).join(', ')}`,
  );
}

/** The reason completes `left out: … (3)`; null: the request is kept. */
function findReasonAgainst(entry: HarEntry, has_answers: boolean, with_assets: boolean): string | null {
  const { request, response, at } = entry;
  const type = entry._resourceType?.toLowerCase() ?? '';
  if (ENDLESS_TYPES.includes(type) || response.content.mimeType.includes('event-stream')) {
    return 'sockets and event streams';
  }
  if (OTHER_METHODS.includes(request.method) || !/^[A-Z]+$/.test(request.method)) {
    return 'requests of other methods, such as OPTIONS';
  }
  const is_asset =
    ASSET_TYPES.includes(type) || ASSET_MIME.test(response.content.mimeType) || ASSET_PATH.test(at.pathname);
  if (is_asset && !with_assets) return 'static files, which --with-assets keeps';
  // 0: the browser gave up, or used its cache without a request.
  if (response.status <= 0) return has_answers ? 'requests without an answer' : null;
  if (isEndless(entry)) return 'redirects that do not end';
  return response.status >= FIRST_ERROR ? 'requests that failed when they were recorded' : null;
}
