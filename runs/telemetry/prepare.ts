/** What a call needs to collect telemetry, before its first run. */
import { BUCKETS } from '../../contract/buckets.ts';
import { EXIT } from '../../contract/exit-codes.ts';
import { readCa, trustedRoots } from '../../lib/ca-files.ts';
import type { CommandContext } from '../../lib/context.ts';
import { LoadstarError } from '../../lib/errors.ts';
import { findRedirect } from '../../lib/http.ts';
import { dispatcherFor } from '../../lib/network.ts';
import { proxyRules } from '../../lib/proxies.ts';
import type { Telemetry, TelemetryEndpoint } from '../../project/telemetry.ts';
import type { Engine, Stack, TelegrafLauncher } from '../../stack/engine/engine.ts';
import { requireRights } from '../../stack/external/rights.ts';
import { GrafanaApi, QUERY_NEEDS } from '../../stack/grafana-push/api.ts';
import type { TelemetrySession } from './telemetry.ts';

interface RunTarget {
  readonly base_url: string;
  readonly base_url_for_k6: string;
}

/** @returns null if the target has none, or it cannot be collected: a warning says why, and the run goes on */
export async function prepareTelemetry(
  context: CommandContext,
  engine: Engine,
  stack: Stack,
  { telemetry, target }: { readonly telemetry: Telemetry | null; readonly target: RunTarget },
): Promise<TelemetrySession | null> {
  if (!telemetry) return null;
  const { ui, root } = context;
  const below = (base_url: string) => (url: string) => (url.startsWith('/') ? base_url.replace(/\/+$/, '') + url : url);
  const reached = below(target.base_url_for_k6);
  const addressed = telemetry.endpoints.map((it) => ({
    ...it,
    url: below(target.base_url)(it.url),
    configured_url: it.url,
  }));
  const endpoints = await withoutRedirects(context, addressed);
  const asked = { ...telemetry, endpoints };
  const { host, containers } = asked;
  const grafana = grafanaToAsk(context, asked);
  try {
    requireRights(stack, { read: ['target'], write: ['target'] });
    const is_scraped = endpoints.length > 0 || host || containers.length > 0;
    const launcher = is_scraped ? await engine.telegraf() : null;
    if (launcher) warnOfMissing(ui, launcher, containers);
    const sources = [
      ...endpoints.map(({ url }) => url),
      ...(host ? ['this machine'] : []),
      ...(containers.length > 0 && launcher?.docker ? [`containers ${containers.join(', ')}`] : []),
    ];
    if (sources.length > 0) ui.line(`telemetry: scraping ${sources.join(', ')} every ${asked.every_s} s`);
    if (!launcher && !grafana) return null;
    const addresses = launcher ? endpoints.map((it) => launcher.address(reached(it.configured_url))) : [];
    return { asked, addresses, launcher, grafana, root };
  } catch (error) {
    if (!(error instanceof LoadstarError) || error.exit_code !== EXIT.unusable) throw error;
    const { message, found, next } = error;
    ui.warn(`no telemetry in the bucket ${BUCKETS.target.name}: expected ${message}; found ${found}; ${next}`);
    return null;
  }
}

/** Telegraf follows redirects with the headers of the endpoint, so one with secrets has to answer by itself. */
async function withoutRedirects<T extends TelemetryEndpoint>(
  { env, ui }: CommandContext,
  endpoints: readonly T[],
): Promise<T[]> {
  const found = await Promise.all(
    endpoints.map(async (endpoint) => ({ endpoint, redirect: await redirectOf(env, endpoint) })),
  );
  for (const { endpoint, redirect } of found) {
    if (redirect === null) continue;
    ui.warn(
      `telemetry: ${endpoint.url} is left out: expected it to answer by itself, because it has secrets; found a redirect to ${redirect}; name the final address in \`scrape\``,
    );
  }
  return found.flatMap(({ endpoint, redirect }) => (redirect === null ? [endpoint] : []));
}

async function redirectOf(env: CommandContext['env'], endpoint: TelemetryEndpoint): Promise<string | null> {
  const { url, headers, ca_file } = endpoint;
  if (Object.keys(headers).length === 0) return null;
  const ca = ca_file ? trustedRoots(env, [readCa(ca_file, `ca_file of ${url}`)]) : null;
  const dispatcher = dispatcherFor(proxyRules(env), { ca });
  try {
    return await findRedirect(url, { headers, dispatcher });
  } finally {
    await dispatcher.destroy();
  }
}

/** @returns null: there is nothing to ask, or nobody @throws LoadstarError (usage) for an invalid address */
function grafanaToAsk({ environment, env, ui }: CommandContext, { ask }: Telemetry): GrafanaApi | null {
  if (ask.length === 0) return null;
  const { GRAFANA_URL: url, GRAFANA_TOKEN: token } = environment;
  if (url && token) {
    ui.line(`telemetry: ${ask.length === 1 ? '1 query' : `${ask.length} queries`} to Grafana at ${url}`);
    return new GrafanaApi({ url, token }, proxyRules(env), QUERY_NEEDS);
  }
  const missing = url ? 'GRAFANA_TOKEN' : 'GRAFANA_URL';
  ui.warn(`telemetry: no queries to Grafana, because ${missing} is not set: set GRAFANA_URL and GRAFANA_TOKEN`);
  return null;
}

function warnOfMissing(ui: CommandContext['ui'], { docker }: TelegrafLauncher, containers: readonly string[]): void {
  if (containers.length === 0 || docker) return;
  ui.warn(
    'telemetry: no containers with ENGINE=docker, because a container with the socket of Docker is as good as root: scrape cAdvisor instead (docs/telemetry.md)',
  );
}
