/** What a call needs to collect telemetry, before its first run. */
import { BUCKETS } from '../../contract/buckets.ts';
import { EXIT } from '../../contract/exit-codes.ts';
import type { CommandContext } from '../../lib/context.ts';
import { LoadstarError } from '../../lib/errors.ts';
import { proxyRules } from '../../lib/proxies.ts';
import type { Telemetry } from '../../project/telemetry.ts';
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
  const shown = telemetry.endpoints.map((it) => ({ ...it, url: below(target.base_url)(it.url) }));
  const asked = { ...telemetry, endpoints: shown };
  const { endpoints, host, containers } = asked;
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
    const reached = below(target.base_url_for_k6);
    const addresses = launcher ? telemetry.endpoints.map(({ url }) => launcher.address(reached(url))) : [];
    return { asked, addresses, launcher, grafana, root };
  } catch (error) {
    if (!(error instanceof LoadstarError) || error.exit_code !== EXIT.unusable) throw error;
    const { message, found, next } = error;
    ui.warn(`no telemetry in the bucket ${BUCKETS.target.name}: expected ${message}; found ${found}; ${next}`);
    return null;
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
