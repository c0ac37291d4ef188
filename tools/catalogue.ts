import type { Scenarios } from '../contract/scenarios.ts';

/** contract/catalogue.ts: the built-in scenarios, for code that cannot read their files or need not wait for it. */
export function catalogueFile(scenarios: Scenarios): string {
  return `/** GENERATED from k6/scenarios/ by \`make generate\`. */
export const CATALOGUE = ${JSON.stringify(scenarios, null, 2)} as const;
`;
}
