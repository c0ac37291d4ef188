import { SCENARIOS, type Scenario } from '../../contract/scenarios.ts';
import { withGeneratedPart } from './markers.ts';

/** docs/scenarios.md: written by hand except for the table of scenarios. */
export function scenariosPage(): string {
  return withGeneratedPart('docs/scenarios.md', 'contract/scenarios.ts', table());
}

function table(): string {
  const weights = Object.values(SCENARIOS as Record<string, Scenario>).map(({ weight = 0 }) => weight);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const rows = Object.entries(SCENARIOS as Record<string, Scenario>).map(
    ([name, { journey, requests, slos, weight }]) => {
      const share = weight ? `${Math.round((weight / total) * 100)} %` : '';
      return `| \`${name}\` | ${journey} | ${requests.length} | ${slos.length} | ${share} |`;
    },
  );
  return `
| scenario | journey | requests | SLOs | of the mix |
|---|---|---|---|---|
${rows.join('\n')}
`;
}
