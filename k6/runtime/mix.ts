import exec from 'k6/execution';
import { itemAt } from './data.ts';
import type { ScenarioDefinition } from './scenario.ts';

/** The golden ratio's conjugate: its multiples fill the unit interval evenly from the start on (Weyl, 1916). */
const GOLDEN = 0.618_033_988_749_895;

/**
 * A mix of scenarios: each iteration runs one of them, as often as its `weight` says. The choice follows a fixed sequence
 * instead of chance, so that short runs have their share of each. Spread the result into a scenario: `...mixOf([browse, buy])`.
 * @throws Error for a scenario that has no weight, or that needs a setup, a teardown or a browser
 */
export function mixOf(scenarios: readonly ScenarioDefinition[]): Pick<ScenarioDefinition, 'requests' | 'run'> {
  const weighted = scenarios.map((scenario) => [scenario, weightOf(scenario)] as const);
  return {
    requests: [...new Set(scenarios.flatMap(({ requests }) => requests))],
    run: (context) => itemAt(weighted, (exec.scenario.iterationInTest * GOLDEN) % 1).run(context, undefined),
  };
}

function weightOf({ title, weight, setup, teardown, needs_browser }: ScenarioDefinition): number {
  if (setup || teardown || needs_browser) {
    throw new Error(`expected scenarios without setup, teardown and browser in a mix, found \`${title}\``);
  }
  if (!weight) throw new Error(`expected a \`weight\` for each scenario of a mix, found none for \`${title}\``);
  return weight;
}
