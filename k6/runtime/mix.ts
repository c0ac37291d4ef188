import { group } from 'k6';
import exec from 'k6/execution';
import type { Slo } from '../../contract/slo.ts';
import { itemAt } from './data.ts';
import type { ScenarioContext, ScenarioDefinition } from './scenario.ts';

/** The golden ratio's conjugate: its multiples fill the unit interval evenly from the start on (Weyl, 1916). */
const GOLDEN = 0.618_033_988_749_895;

/** What the `setup` of each scenario has returned, in their order. */
type MixData = readonly unknown[];

type Mix = Pick<ScenarioDefinition<MixData>, 'requests' | 'run' | 'setup' | 'teardown'>;

/**
 * A mix of scenarios: each iteration runs one of them, as often as its `weight` says. The choice follows a fixed sequence
 * instead of chance, so that short runs have their share of each. Each is a group with its title. Spread the result into a
 * scenario: `...mixOf([browse, buy])`.
 * @throws Error for a scenario that has no weight, or that needs a browser
 */
export function mixOf(scenarios: readonly ScenarioDefinition[]): Mix {
  const weighted = scenarios.map((scenario, index) => [index, weightOf(scenario)] as const);
  // k6 joins the names of nested groups by it, and refuses it in a name.
  const names = scenarios.map(({ title }) => title.replaceAll('::', ':'));
  return {
    requests: [...new Set(scenarios.flatMap(({ requests }) => requests))],
    ...(scenarios.some(({ setup }) => setup)
      ? { setup: (context: ScenarioContext) => Promise.all(scenarios.map(({ setup }) => setup?.(context))) }
      : {}),
    run(context, data) {
      const index = itemAt(weighted, (exec.scenario.iterationInTest * GOLDEN) % 1);
      return group(names[index] ?? '', () => scenarios[index]?.run(context, data?.[index]));
    },
    ...(scenarios.some(({ teardown }) => teardown)
      ? {
          teardown(context: ScenarioContext, data: MixData) {
            for (const [index, { teardown }] of scenarios.entries()) teardown?.(context, data?.[index]);
          },
        }
      : {}),
  };
}

/**
 * A mix of the configuration. It has the SLOs of its scenarios on single requests and on metrics: those over all requests
 * would be over the requests of all of them. A short run may not get to the rarest of them.
 * @param members name, default export of its file, and weight of each scenario
 * @throws Error for a file that holds no scenario of {@link defineScenario}, or one that needs a browser
 */
export function configuredMix(
  title: string,
  members: readonly (readonly [name: string, scenario: ScenarioDefinition, weight: number])[],
): ScenarioDefinition<MixData> {
  const scenarios = members.map(([name, scenario, weight]) => {
    if (typeof scenario?.run === 'function') return { ...scenario, weight };
    throw new Error(`expected scenarios of \`defineScenario\` in a mix, found \`${name}\`, a k6 script`);
  });
  const slos = new Map<string, Slo>();
  for (const slo of scenarios.flatMap((scenario) => scenario.slos)) {
    const { indicator, request, metric, during, over } = slo;
    const key = [indicator, request, metric, during, over].join('\n');
    const is_of_part = request !== undefined || metric !== undefined;
    if (is_of_part && !slos.has(key)) slos.set(key, request === undefined ? slo : { ...slo, rare: true });
  }
  const journey = members.map(([name, , weight]) => `${name}: ${weight}`).join(', ');
  return { title, journey, ...mixOf(scenarios), slos: [...slos.values()] };
}

function weightOf({ title, weight, needs_browser }: ScenarioDefinition): number {
  if (needs_browser) throw new Error(`expected scenarios without a browser in a mix, found \`${title}\``);
  if (!weight) throw new Error(`expected a \`weight\` for each scenario of a mix, found none for \`${title}\``);
  return weight;
}
