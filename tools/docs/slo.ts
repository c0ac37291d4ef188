import { metricLabel } from '../../contract/metric-text.ts';
import { METRICS } from '../../contract/metrics.ts';
import type { Scenario, Scenarios } from '../../contract/scenarios.ts';
import { hasAlert, INDICATORS, type Slo, type SloIndicator, sloOperator } from '../../contract/slo.ts';
import { ALL_REQUESTS, sloCondition, sloValue } from '../../contract/slo-text.ts';

/** docs/slo.md: the documented service levels of the built-in scenarios. */
export function sloPage(scenarios: Scenarios): string {
  const sections = Object.entries(scenarios).map(([name, scenario]) => section(name, scenario));
  return `<!-- GENERATED from k6/scenarios/ and contract/slo.ts by \`make generate\`. -->
# Service levels

For engineers who change a limit or wonder about one: the SLOs of every built-in scenario, with the reason for each
limit.

k6's thresholds, the limits on the dashboards and the alert rules all come from these SLOs. A run that fails one exits
with 99. A value that equals its limit passes. Percentiles and rates are those of a whole run; an alert looks at the
last minute. If a request has no line of its own, it counts in the lines for all requests.

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
  const subject = of ? `\`${of}\`${rare}` : ALL_REQUESTS;
  return `| ${sloCondition(slo)}${end} | ${subject} | ${reason} | ${hasAlert(slo) ? 'yes' : 'no'} |`;
}
