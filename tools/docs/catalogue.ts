import type { Scenarios } from '../../contract/scenarios.ts';
import { withGeneratedPart } from './markers.ts';

/** docs/scenarios.md: written by hand except for the table of scenarios. */
export function scenariosPage(scenarios: Scenarios): string {
  return withGeneratedPart('docs/scenarios.md', 'k6/scenarios/', table(scenarios));
}

function table(scenarios: Scenarios): string {
  const weights = Object.values(scenarios).map(({ weight = 0 }) => weight);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const rows = Object.entries(scenarios).map(([name, { journey, requests, slos, weight }]) => {
    const share = weight ? `${Math.round((weight / total) * 100)} %` : '';
    return `| \`${name}\` | ${journey} | ${requests.length} | ${slos.length} | ${share} |`;
  });
  return `
| scenario | journey | requests | SLOs | of the mix |
|---|---|---|---|---|
${rows.join('\n')}
`;
}
