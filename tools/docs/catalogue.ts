import { readFileSync } from 'node:fs';
import { SCENARIOS, type Scenario } from '../../contract/scenarios.ts';

const PAGE = 'docs/scenarios.md';
const BEGIN = '<!-- GENERATED from contract/scenarios.ts by `make generate`: begin -->';
const END = '<!-- GENERATED: end -->';

/** docs/scenarios.md: written by hand but for the table of scenarios. @throws Error where the marks of the table are missing */
export function scenariosPage(): string {
  const page = readFileSync(PAGE, 'utf8');
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`expected \`${BEGIN}\` and \`${END}\` in ${PAGE}`);
  return `${page.slice(0, begin + BEGIN.length)}\n${table()}\n${page.slice(end)}`;
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
