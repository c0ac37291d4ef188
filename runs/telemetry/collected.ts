/** What Telegraf has collected during a run, and what not, in words. */
import { MOST_TELEMETRY_SERIES } from '../../contract/telemetry.ts';
import type { Telemetry } from '../../project/telemetry.ts';
import type { TelegrafNews } from '../../stack/telegraf/log.ts';

interface EndpointCount {
  answers: number;
  /** The most of a scrape. */
  series: number;
  /** Reason → how often. */
  readonly gaps: Map<string, number>;
}

export class Collected {
  readonly #asked: Telemetry;
  readonly #endpoints: EndpointCount[];
  #series = 0;
  #of_queries = 0;
  #left_out = 0;
  #refused: { reason: string; times: number } | null = null;
  readonly #errors = new Set<string>();

  constructor(asked: Telemetry) {
    this.#asked = asked;
    this.#endpoints = asked.endpoints.map(() => ({ answers: 0, series: 0, gaps: new Map() }));
  }

  see(news: TelegrafNews): void {
    if (news.kind === 'error') {
      this.#errors.add(news.reason);
      return;
    }
    if (news.kind === 'refused') {
      this.#refused = { reason: news.reason, times: (this.#refused?.times ?? 0) + 1 };
      return;
    }
    const endpoint = this.#endpoints[news.endpoint];
    if (news.kind === 'gap') {
      if (!endpoint) return;
      endpoint.gaps.set(news.reason, (endpoint.gaps.get(news.reason) ?? 0) + 1);
      if (news.is_answered) endpoint.answers -= 1;
      return;
    }
    this.#series = Math.max(this.#series, news.series);
    this.#left_out = Math.max(this.#left_out, news.left_out);
    if (!endpoint) return;
    endpoint.answers += 1;
    endpoint.series = Math.max(endpoint.series, news.own);
  }

  /** @param series that the answers of Grafana have */
  seeQueries(series: number): void {
    this.#of_queries = series;
  }

  /** `34 series of 2 endpoints and the machine` */
  text(): string {
    const { endpoints, host, containers, ask } = this.#asked;
    const sources = [
      ...(endpoints.length > 0 ? [`${endpoints.length} endpoint${endpoints.length === 1 ? '' : 's'}`] : []),
      ...(host ? ['the machine'] : []),
      ...(containers.length > 0 ? ['containers'] : []),
      ...(ask.length > 0 ? [ask.length === 1 ? '1 query' : `${ask.length} queries`] : []),
    ];
    return `telemetry: ${this.#series + this.#of_queries} series of ${sources.join(', ')}`;
  }

  /** Gaps, and what prevents that anything is collected. A run is none the worse for them. */
  warnings(): string[] {
    return [
      ...this.#endpoints.flatMap((count, index) => describeGaps(this.#asked.endpoints[index]?.url ?? '', count)),
      ...(this.#left_out > 0
        ? [
            `telemetry: ${this.#left_out} series were left out, because ${MOST_TELEMETRY_SERIES} are divided among its sources: \`series\` and a smaller endpoint make fewer`,
          ]
        : []),
      ...(this.#refused
        ? [`telemetry: InfluxDB did not take it ${this.#refused.times} times (${this.#refused.reason})`]
        : []),
      ...[...this.#errors].slice(0, MOST_ERRORS).map((reason) => `telemetry: Telegraf reports ${reason}`),
    ];
  }
}

const MOST_ERRORS = 3;

function describeGaps(url: string, { answers, series, gaps }: EndpointCount): string[] {
  const missed = [...gaps.values()].reduce((sum, times) => sum + times, 0);
  const [reason = ''] = [...gaps].sort(([, a], [, b]) => b - a)[0] ?? [];
  if (missed > 0) return [`telemetry: ${url} was not read ${missed} of ${answers + missed} times (${reason})`];
  if (answers === 0) return [`telemetry: ${url} was never read: Telegraf ended too early`];
  if (series > 0) return [];
  return [
    `telemetry: ${url} has no metric that a rule knows: name some in \`series\` of its configuration (docs/telemetry.md)`,
  ];
}
