import { quantity, sloCondition } from '../../contract/format.ts';
import type { Scenario, Scenarios } from '../../contract/scenarios.ts';
import type { Slo } from '../../contract/slo.ts';
import { hasRule } from '../../grafana/alerting/rules.ts';

/** docs/slo.md: the documented service levels of the built-in scenarios. */
export function sloPage(scenarios: Scenarios): string {
  const sections = Object.entries(scenarios).map(([name, scenario]) => section(name, scenario));
  return `<!-- GENERATED from k6/scenarios/ by \`make generate\`. -->
# Service levels

For engineers who change a limit or wonder about one: the SLOs of every built-in scenario, with the reason for each
limit.

k6's thresholds, the limits on the dashboards and the alert rules all come from these SLOs. A run that fails one exits
with 99. Percentiles and rates are those of a whole run; an alert looks at the last minute. If a request has no line of
its own, it counts in the lines for all requests.

Some SLOs also end the run, at a second limit: more load would show nothing new, and would keep the target from
recovering.

${sections.join('\n')}`;
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
  const of = request ?? metric;
  const end = aborts ? `; ends the run beyond ${quantity(indicator, aborts.limit)}, after ${aborts.after_s} s` : '';
  const rare = slo.rare ? ', if the run makes it' : '';
  const subject = of ? `\`${of}\`${rare}` : 'all requests';
  return `| ${sloCondition(slo)}${end} | ${subject} | ${reason} | ${hasRule(slo) ? 'yes' : 'no'} |`;
}
