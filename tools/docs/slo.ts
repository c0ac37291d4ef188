import { metricLabel } from '../../contract/metric-text.ts';
import { METRICS } from '../../contract/metrics.ts';
import type { Scenario, Scenarios } from '../../contract/scenarios.ts';
import { hasAlert, INDICATORS, type Slo, type SloIndicator, sloOperator } from '../../contract/slo.ts';
import { ALL_REQUESTS, sloCondition, sloPart, sloValue } from '../../contract/slo-text.ts';

/** docs/slo.md: the documented service levels of the built-in scenarios. */
export function sloPage(scenarios: Scenarios): string {
  const sections = Object.entries(scenarios).map(([name, scenario]) => section(name, scenario));
  return `<!-- GENERATED from k6/scenarios/ and contract/slo.ts by \`make generate\`. -->
# Service levels

For engineers who change a limit or wonder about one: the SLOs of every built-in scenario, with the reason for each
limit.

k6's thresholds, the limits on the dashboards and the alert rules all come from these SLOs. A run that fails one exits
with 99. A value that equals its limit passes. Percentiles and rates are those of a whole run; an alert looks at the
last minute. (SLOs can also be about [parts of a run](#parts-of-a-run).) If a request has no line of its own, it
counts in the lines for all requests.

## Parts of a run

An SLO can be about a part of the run. The windows that the output \`loadstar\` stores say whether it passed, after the
run; k6's thresholds cannot.

- \`during: 'steady'\`: all stages with constant load (plateaus) together. \`during: 'plateau 2'\`: one of them;
  [profiles.md](profiles.md) names the plateaus of each profile. Windows that two stages share are of neither.
- Each plateau begins after its warm-up: Loadstar leaves out the first windows if their latency differs clearly from the
  rest, at most half of the plateau ([how](decisions/0094-stages-and-steady-state.md)). A fault at the start of a
  plateau that is over before its middle looks like a warm-up: an SLO with \`over\` catches it.
- \`over: '30s'\`: every window of 30 seconds, one after the other in steps of three. The worst one counts. Windows with
  too few requests for the indicator are left out; a run that is shorter is one window. With \`abort: true\` or
  \`aborts\`, the run ends when the last 30 seconds are beyond the limit, but not before 30 seconds of load.
- \`during\` and \`over\` together: every window within that part.

An SLO with \`over\` has an alert rule for its window. An SLO with \`during\` has none, because the warm-up is known only
when the run has ended; nor can it end the run. On the dashboard Live, SLOs of parts have no value before that.

## Limits that end a run

Some SLOs also end the run, at a second limit: more load would show nothing new, and would keep the target from
recovering.

## Indicators

| indicator | what | k6 threshold | alert while a run goes on |
|---|---|---|---|
${(Object.keys(INDICATORS) as SloIndicator[]).map(indicatorRow).join('\n')}

${sections.join('\n')}`;
}

function indicatorRow(indicator: SloIndicator): string {
  const { k6 } = METRICS[indicator];
  const { alert, reason }: { alert: object | null; reason?: string } = { ...INDICATORS[indicator] };
  const threshold = `${k6.metric}: ${k6.statistic}${sloOperator(indicator)}…`;
  return `| \`${indicator}\` | ${metricLabel(indicator)} | \`${threshold}\` | ${alert ? 'yes' : `no: ${reason}`} |`;
}

function section(name: string, { title, journey, slos }: Scenario): string {
  return `## ${title} (\`${name}\`)

${journey}

| SLO | applies to | why | alert |
|---|---|---|---|
${slos.map(row).join('\n')}
`;
}

function row(slo: Slo): string {
  const { indicator, request, metric, aborts, reason } = slo;
  const limit = aborts && sloValue({ indicator, value: aborts.limit });
  const end = aborts ? `; ends the run beyond ${limit}, after ${aborts.after_s} s` : '';
  const of = request ?? metric;
  const rare = slo.rare ? ', if the run makes it' : '';
  const subject = [of ? `\`${of}\`${rare}` : ALL_REQUESTS, sloPart(slo)].filter(Boolean).join(', ');
  return `| ${sloCondition(slo)}${end} | ${subject} | ${reason} | ${hasAlert(slo) ? 'yes' : 'no'} |`;
}
