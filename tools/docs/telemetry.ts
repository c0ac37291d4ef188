import { COMMAND } from '../../contract/package-name.ts';
import { MOST_SERIES_OF_QUERY, MOST_TELEMETRY_SERIES } from '../../contract/telemetry.ts';
import { GENERAL_RULES, type RuleTerm, SERIES_RULES, type SeriesRule } from '../../contract/telemetry-rules.ts';
import { VERSIONS } from '../../contract/versions.ts';

/** docs/telemetry.md: how to collect what a target measures of itself, and which series the rules make. */
export function telemetryPage(): string {
  const { utilisation, limit, saturation, errors, hits, misses, latency } = GENERAL_RULES;
  return `<!-- GENERATED from contract/ by \`make generate\`. -->
# Telemetry of the target

For engineers who load their own app: collect its CPU, memory, connections, queues and errors with each run.

A target of the configuration names what is collected:

\`\`\`ts
// telemetry/loadstar.config.ts
import { defineConfig } from '@loadstar-hq/loadstar';

export default defineConfig({
  targets: {
    staging: {
      base_url: 'https://staging.example.com',
      allowed_hosts: ['staging.example.com'],
      telemetry: {
        scrape: [
          { url: '/metrics', token_from_env: 'METRICS_TOKEN' },
          { url: 'http://db.staging.example.com:9187/metrics', component: 'db' },
        ],
        host: true,
      },
    },
  },
});
\`\`\`

Telegraf ${VERSIONS.telegraf} scrapes these endpoints from 30 s before the load until 30 s after it, and writes the
series to the bucket \`target\` with the run's id ([schema.md](schema.md)). A run says at its start what it scrapes, and
at its end how many series it has and which endpoints did not answer. An endpoint that does not answer is a warning and
a gap; it never fails a run.

The demo clinic has telemetry too: \`${COMMAND} run --telemetry on\`. With
\`--telemetry off\`, a run collects none.

| field | meaning |
|---|---|
| \`scrape\` | Prometheus endpoints. \`url\` is an address, or a path of the target such as \`/metrics\`. \`token_from_env\`, \`basic_auth_from_env\` and \`headers_from_env\` name variables for credentials, as those of a target do; \`ca_file\` is its private CA. \`component\` is that of metrics that no rule knows. \`instance\` tells replicas apart (default: host and port) |
| \`series\` of an endpoint | metrics that no rule knows, or that are to have another name: \`{ metric, component, kind, unit }\`, and \`labels\`, \`name\`, \`as\` (gauge, per_s, mean), \`factor\`, \`limit\`, \`limit_metric\` |
| \`host\` | CPU, memory, disks and network of the machine that Loadstar runs on |
| \`containers\` | names of containers of this machine's Docker, with \`*\` for any text. Not with \`ENGINE=docker\`: scrape cAdvisor instead |
| \`ask\` | queries to data sources of your Grafana, [below](#queries-to-your-grafana) |
| \`around_s\` | seconds before and after the load (default 30) |
| \`every_s\` | seconds between two samples (default 2) |

Loadstar does not load these endpoints, so they need not be in \`allowed_hosts\`. Telegraf follows
redirects, and would send the headers of \`headers_from_env\` along. So before its runs, Loadstar asks each endpoint that
has secrets once, and leaves it out with a warning if it redirects: name the final address. Times are those of the
machine that scrapes, also if the target's clock is wrong.

An answer of more than 8 MiB is not read. A run has at most ${MOST_TELEMETRY_SERIES} series, divided among its endpoints
and the machine. More are counted and left out, with a warning.

## Queries to your Grafana

\`ask\` collects what your Grafana can query already: Prometheus, CloudWatch, InfluxDB, SQL and others.

\`\`\`ts
// queries/loadstar.config.ts
import { defineConfig } from '@loadstar-hq/loadstar';

export default defineConfig({
  targets: {
    staging: {
      base_url: 'https://staging.example.com',
      allowed_hosts: ['staging.example.com'],
      telemetry: {
        ask: [
          {
            component: 'db',
            name: 'connections in use',
            kind: 'utilisation',
            unit: 'count',
            data_source: 'Prometheus',
            query: 'sum by (instance) (pg_stat_activity_count{env="staging"})',
            limit: 100,
          },
        ],
      },
    },
  },
});
\`\`\`

Set \`GRAFANA_URL\` and \`GRAFANA_TOKEN\` (a service account with the role Viewer). \`data_source\` is a name or uid. A text
is enough for Prometheus, Loki, InfluxDB, Graphite, PostgreSQL, MySQL and SQL Server. For other types, \`query\` is the
model that Grafana shows under Explore, Query inspector, Query. Write shares as fractions: \`factor: 0.01\` makes them
from per cent.

Loadstar asks every 15 s, in steps of five seconds or \`every_s\`. At the end it asks for the whole run once more, since
some sources are minutes late. If an answer has several series, the values of the labels that differ are their
instances, at most ${MOST_SERIES_OF_QUERY} per query. A query that fails, finds nothing or too much is a warning, once.

## Build and cost

With \`ENGINE=native\` or \`external\`, \`loadstar setup\`, or the first run with telemetry, builds Telegraf from its Go
module, with only the plugins that are used. That takes about a minute. A Telegraf ${VERSIONS.telegraf} on PATH is used as it
is. With \`ENGINE=docker\` it is the image \`telegraf:${VERSIONS.telegraf}\`. \`loadstar doctor\` says whether it is there.
[Decision 123](decisions/0123-telegraf.md) has the measurements.

## An app's own metrics

Metrics that no rule below knows become series by the ends of their names:

| name ends with | series |
|---|---|
| ${list(utilisation)}, beside a gauge of the same stem with ${list(limit)} | utilisation, with its limit |
| ${list(saturation)} | saturation |
| ${list(errors)} | errors per second |
| ${list([misses])}, beside ${list([hits])} | share of misses |
| ${list([latency.sum])}, beside ${list([latency.count])} | mean latency |

The component is a known word of the name (such as \`db\`, \`pool\`, \`queue\`, \`cache\` or \`lock\`), the endpoint's
\`component\`, or the word after the prefix that all names share. Metrics of the app's own HTTP server are left out: k6
measures them from outside.

## Known metrics

${Object.entries(SERIES_RULES)
  .map(([name, rules]) => ruleTable(name, rules))
  .join('\n')}`;
}

const list = (names: readonly string[]) => names.map((name) => `\`${name}\``).join(', ');

function ruleTable(name: string, rules: readonly SeriesRule[]): string {
  const rows = rules.map(
    (rule) =>
      `| ${rule.component} | ${rule.series} | ${rule.kind} | ${rule.unit} | ${formula(rule)} | ${limitText(rule)} |`,
  );
  const title = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  return [
    `### ${title}`,
    '',
    '| component | series | kind | unit | from | limit |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

function formula({ value, over, one_minus, by, factor }: SeriesRule): string {
  const sum = value.map(termText).join(' + ');
  const ratio = over ? `${sum} / ${over.map(termText).join(' + ')}` : sum;
  const scaled = factor === undefined ? ratio : `${ratio} × ${factor}`;
  return `${one_minus ? '1 − ' : ''}${scaled}${by ? `, by \`${by}\`` : ''}`;
}

function termText({ metric, labels = {}, as, factor, most }: RuleTerm): string {
  const selector = Object.entries(labels).map(([label, text]) => `${label}="${text}"`);
  const name = `\`${metric}${selector.length > 0 ? `{${selector.join(',')}}` : ''}\``;
  const text = as === 'per_s' ? `${name} per second` : as === 'sets' ? `number of ${name}` : name;
  return `${factor === undefined ? '' : `${factor} × `}${most ? 'highest ' : ''}${text}`;
}

function limitText({ limit, fixed_limit }: SeriesRule): string {
  return limit ? limit.map(termText).join(' + ') : String(fixed_limit ?? '');
}
