import { CATALOGUE } from './catalogue.ts';
import type { Slo } from './slo.ts';

/** A scenario's entry in the catalogue: what its file says of it, without its code. */
export interface Scenario {
  /** Short name, for people. */
  readonly title: string;
  /** What its users do, in one sentence. */
  readonly journey: string;
  /** Values of the `name` tag that its requests carry: `METHOD route pattern`. */
  readonly requests: readonly string[];
  /** What it is judged by, beside the default SLOs on errors and exceptions. */
  readonly slos: readonly Slo[];
  /** Environment variables that it reads from `__ENV`: no run starts without them. */
  readonly secrets?: readonly string[];
  /** How often a mix runs it, compared with the mix's other scenarios. Without a weight it is in no mix. */
  readonly weight?: number;
  /** Factor on the users of a profile. */
  readonly users_factor?: number;
  /** It runs in a browser, which not every machine has. */
  readonly needs_browser?: true;
  /** A k6 script that is run as it stands: its own options make the load, and its samples have k6's scenario names. */
  readonly is_script?: true;
}

/** Scenarios by their names: the built-in ones, or those with what a team has added. */
export type Scenarios = Readonly<Record<string, Scenario>>;

export type ScenarioName = keyof typeof CATALOGUE;

/** The built-in scenarios, as their files in k6/scenarios/ define them. */
export const SCENARIOS: Readonly<Record<ScenarioName, Scenario>> = CATALOGUE;

export const DEFAULT_SCENARIO: ScenarioName = 'appointment-availability';

/**
 * What counts of k6's `options` that a scenario's file exports: how requests are sent and checked. Profile and SLOs say the rest.
 * Options that choose hosts are not among them: they could lead load past the guard of the target. k6 takes tags from the call.
 * https://grafana.com/docs/k6/latest/using-k6/k6-options/reference/
 */
const FILE_OPTIONS: readonly string[] = [
  'batch',
  'batchPerHost',
  'discardResponseBodies',
  'insecureSkipTLSVerify',
  'maxRedirects',
  'minIterationDuration',
  'noConnectionReuse',
  'noCookiesReset',
  'noVUConnectionReuse',
  'rps',
  'setupTimeout',
  'teardownTimeout',
  'throw',
  'thresholds',
  'tlsAuth',
  'tlsCipherSuites',
  'tlsVersion',
  'userAgent',
];

/** Whether one of k6's `options` counts if a scenario's file exports it. */
export function isFileOption(name: string): boolean {
  return FILE_OPTIONS.includes(name);
}
