import type { Scenario as K6Scenario, Options } from 'k6/options';
import { SCRIPT_ENV } from '../../contract/env.ts';
import { DEFAULT_SYSTEM_TAGS, SYSTEM_TAGS } from '../../contract/k6-metrics.ts';
import { TREND_STATISTICS } from '../../contract/metrics.ts';
import { SCRIPT_PROFILE } from '../../contract/profiles.ts';
import { SCRIPT_SUMMARY_FILE } from '../../contract/run-files.ts';
import { executorOf } from '../../profiles/options.ts';
import { flattenExports, readScriptLoad, type ScriptExports } from '../../profiles/script-load.ts';
import { readShape } from './env.ts';

interface TrendValues {
  readonly type: string;
  readonly values: Readonly<Record<string, number>>;
}

/** What k6 hands to `handleSummary`, as far as this file changes it. */
interface SummaryData {
  readonly metrics: Readonly<Record<string, TrendValues>>;
  readonly options?: { readonly summaryTrendStats?: readonly string[] };
  readonly setup_data?: unknown;
}

type Written = Readonly<Record<string, unknown>>;

/** k6's own (v1.8.1, cmd/options.go). */
const DEFAULT_TREND_STATISTICS = ['avg', 'min', 'med', 'max', 'p(90)', 'p(95)'];

/**
 * What k6 takes from a script that exists. Its functions are its own; its options get what Loadstar reads in addition, and its
 * summary is written beside ours.
 */
export function wireScript(script: ScriptExports) {
  const exported = flattenExports(script);
  const own = (exported.options ?? {}) as Options;
  return { exported, options: withOurs(own), handleSummary: summaryHandler(own, exported.handleSummary) };
}

function withOurs(own: Options): Options {
  const shape = readShape(__ENV);
  const { vus, duration, stages, iterations, ...rest } = own;
  const load =
    shape.profile === SCRIPT_PROFILE
      ? own
      : { ...rest, scenarios: replaceLoad(own, (scale) => executorOf({ ...shape, scale: shape.scale * scale })) };
  const percentiles = Object.values(own.thresholds ?? {})
    .flat()
    .flatMap((one) => /p\(([\d.]+)\)/.exec(typeof one === 'string' ? one : String(one?.threshold))?.[1] ?? [])
    .map((percentile) => `p(${Number(percentile)})`);
  return {
    ...load,
    systemTags: [...new Set([...(own.systemTags ?? DEFAULT_SYSTEM_TAGS), ...SYSTEM_TAGS])] as Options['systemTags'] &
      string[],
    summaryTrendStats: [...new Set([...statisticsOf(own), ...TREND_STATISTICS, ...percentiles])],
  };
}

/** Scenarios keep their names, functions, variables and tags. They share the load of the profile evenly. */
function replaceLoad(own: Options, executorAt: (scale: number) => K6Scenario): Record<string, K6Scenario> {
  const scenarios = Object.entries(readScriptLoad(own).scenarios);
  return Object.fromEntries(
    scenarios.map(([name, { exec, env, tags, options }]) => {
      const kept = Object.entries({ exec, env, tags, options }).filter(([, value]) => value !== undefined);
      return [name, { ...executorAt(1 / scenarios.length), ...Object.fromEntries(kept) }];
    }),
  );
}

function statisticsOf({ summaryTrendStats }: Options): readonly string[] {
  return summaryTrendStats ?? DEFAULT_TREND_STATISTICS;
}

/** Where the script's own summary goes. */
type Place = (path: string) => string;

/** Relative paths are below the directory of the call, whatever directory k6 runs in. What is printed is kept as a file. */
function placeOf(summary_file: string): Place {
  const directory = __ENV[SCRIPT_ENV.summary_directory];
  return (path) => {
    if (path === 'stdout' || path === 'stderr') return summary_file.replace(/[^/]*$/, SCRIPT_SUMMARY_FILE);
    return path.startsWith('/') || !directory ? path : `${directory}/${path}`;
  };
}

/** If the script's own handler fails, ours is written all the same, and k6 logs the error. */
function summaryHandler(own: Options, handler: unknown) {
  const summary_file = __ENV[SCRIPT_ENV.summary_file] ?? 'stdout';
  const place = placeOf(summary_file);
  return (data: SummaryData): Record<string, unknown> => {
    const { setup_data: _, ...results } = data;
    const ours = { [summary_file]: JSON.stringify(results) };
    if (typeof handler !== 'function') return ours;
    try {
      const written = (handler as (data: SummaryData) => Written)(asStated(data, statisticsOf(own))) ?? {};
      return { ...Object.fromEntries(Object.entries(written).map(([path, text]) => [place(path), text])), ...ours };
    } catch (error) {
      console.error(`handleSummary of the script: ${error}`);
      return ours;
    }
  };
}

/** The data with the statistics that the script asks k6 for, and no others. */
function asStated(data: SummaryData, statistics: readonly string[]): SummaryData {
  const metrics = Object.entries(data.metrics).map(([name, metric]) => {
    if (metric.type !== 'trend') return [name, metric];
    const values = Object.entries(metric.values).filter(([statistic]) => statistics.includes(statistic));
    return [name, { ...metric, values: Object.fromEntries(values) }];
  });
  const options = { ...data.options, summaryTrendStats: statistics };
  return { ...data, options, metrics: Object.fromEntries(metrics) as SummaryData['metrics'] };
}
