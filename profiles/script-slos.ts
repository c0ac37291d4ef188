/** The thresholds of a k6 script as SLOs. */
import type { Options } from 'k6/options';
import { LATENCY_METRIC, protocolOf, requestMetrics } from '../contract/k6-metrics.ts';
import { METRICS } from '../contract/metrics.ts';
import { INDICATORS, isUpperLimit, type Slo, type SloIndicator } from '../contract/slo.ts';

/** k6's threshold expressions (metrics/thresholds_parser.go, v1.8.1): a statistic, an operator and a number. */
const EXPRESSION =
  /^\s*(?<statistic>[a-z]+(?:\([\d.]+\))?)\s*(?<operator><=|>=|===|==|!=|<|>)\s*(?<limit>-?[\d.]+(?:e[+-]?\d+)?)\s*$/i;
const METRIC = /^(?<name>[^{]+?)(?:\{(?<selector>.*)\})?\s*$/s;

type Stated = string | { readonly threshold?: unknown; readonly abortOnFail?: unknown };

/**
 * All thresholds, in their order. What k6 cannot parse it refuses itself when it starts.
 * @param others SLOs that a scenario states beside them
 */
export function slosOfThresholds(thresholds: Options['thresholds'], others: readonly Slo[] = []): Slo[] {
  const taken = new Set(others.map(keyOf));
  return Object.entries(thresholds ?? {}).flatMap(([metric, stated]) =>
    (Array.isArray(stated) ? (stated as Stated[]) : [stated as Stated]).flatMap((one) => {
      const expression = typeof one === 'string' ? one : String(one?.threshold ?? '');
      const slo = toSlo(metric, expression, (known) => {
        const key = keyOf(known);
        const is_second = taken.has(key);
        taken.add(key);
        return is_second;
      });
      return slo ? [slo] : [];
    }),
  );
}

/** @param isTaken whether another threshold is of the same indicator: a record has one limit of each */
function toSlo(metric: string, expression: string, isTaken: (known: Known) => boolean): Slo | null {
  const parts = EXPRESSION.exec(expression)?.groups;
  if (!parts) return null;
  const limit = Number(parts.limit);
  const common = { limit, threshold: { metric, expression }, reason: 'a threshold of the script' };
  const known = indicatorOf(metric, parts.statistic ?? '', parts.operator ?? '');
  return known && !isTaken(known) ? { ...common, ...known } : { ...common, indicator: 'threshold', metric };
}

function keyOf({ indicator, request, metric }: Pick<Slo, 'indicator' | 'request' | 'metric'>): string {
  return [indicator, request, metric].join('\n');
}

type Known = Pick<Slo, 'indicator' | 'request' | 'metric' | 'strict'>;

/** An indicator means a statistic of one metric, of all requests or of those with one name. */
function indicatorOf(metric: string, statistic: string, operator: string): Known | null {
  const { name = '', selector = '' } = METRIC.exec(metric)?.groups ?? {};
  const request = /^\s*name\s*:\s*(?<request>[^,]+?)\s*$/.exec(selector)?.groups?.request;
  if (selector !== '' && request === undefined) return null;
  const of = name.trim();
  const in_http = toHttp(of);
  const indicator = (Object.keys(INDICATORS) as SloIndicator[]).find(
    (key) => METRICS[key].k6.metric === in_http && METRICS[key].k6.statistic === inOneWord(statistic),
  );
  if (!indicator) return null;
  const strict = boundOf(operator, indicator);
  if (strict === null) return null;
  return {
    indicator,
    ...(request ? { request } : {}),
    ...(of === in_http ? {} : { metric: of }),
    ...(strict ? { strict: true } : {}),
  };
}

/** `grpc_req_duration` is to gRPC what `http_req_duration` is to HTTP. Numbers of requests have no such indicator. */
function toHttp(metric: string): string {
  const protocol = protocolOf(metric);
  if (protocol === null || metric === requestMetrics(protocol).requests) return metric;
  return metric === requestMetrics(protocol).failed ? requestMetrics('http').failed : LATENCY_METRIC;
}

/** k6 has two words for the median. */
function inOneWord(statistic: string): string {
  const word = statistic.toLowerCase();
  return word === 'med' ? METRICS.p50_ms.k6.statistic : word;
}

/** Whether the limit itself fails; null for an operator that no indicator has. */
function boundOf(operator: string, indicator: SloIndicator): boolean | null {
  const [at, beyond] = isUpperLimit(indicator) ? ['<=', '<'] : ['>=', '>'];
  if (operator === at) return false;
  return operator === beyond ? true : null;
}
