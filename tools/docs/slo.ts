import { quantity, sloCondition } from '../../contract/format.ts';
import { SCENARIOS, type Scenario } from '../../contract/scenarios.ts';
import type { Slo } from '../../contract/slo.ts';
import { hasRule } from '../../grafana/alerting/rules.ts';

/** docs/slo.md: the documented service levels, from the contract. */
export function sloPage(): string {
  const sections = Object.entries(SCENARIOS as Record<string, Scenario>).map(([name, scenario]) =>
    section(name, scenario),
  );
  return `<!-- GENERATED from contract/scenarios.ts and contract/requests.ts by \`make generate\`. -->
# Service levels

What each scenario promises, and why just that. From the same lines come k6's thresholds (a run that breaks one exits 99), the limits on the
dashboards, and the alert rules. Percentiles and rates are those of a whole run at its end; an alert looks at the last minute. A request without a
line of its own counts in the lines for all requests.

Where the run *ends*, more load would tell nothing new and keep down what wants to come up again: k6 stops it, and it has failed.

${sections.join('\n')}`;
}

function section(name: string, { title, journey, slos }: Scenario): string {
  return `## ${title} (\`${name}\`)

${journey}

| what | of | why | alert |
|---|---|---|---|
${slos.map(row).join('\n')}
`;
}

function row(slo: Slo): string {
  const { indicator, request, metric, aborts, reason } = slo;
  const of = request ?? metric;
  const end = aborts ? `; beyond ${quantity(indicator, aborts.limit)} after ${aborts.after_s} s the run ends` : '';
  const rare = slo.rare ? ', where the run makes it at all' : '';
  const subject = of ? `\`${of}\`${rare}` : 'all';
  return `| ${sloCondition(slo)}${end} | ${subject} | ${reason} | ${hasRule(slo) ? 'yes' : 'no'} |`;
}
