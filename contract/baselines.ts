/** What a run is compared with, and how a verdict is confirmed. docs/baselines.md says it for people. */

/** A run that somebody made the baseline of its project, scenario, profile, target and branch: runs before it are no reference. */
export interface PinnedBaseline {
  readonly testid: string;
  readonly project: string;
  readonly scenario: string;
  readonly profile: string;
  readonly target: string;
  readonly branch: string | null;
  /** ISO 8601, UTC: when the run started, and when it was pinned. */
  readonly started: string;
  readonly set_at: string;
  readonly who: string;
  readonly why: string | null;
}

export const BASELINE = {
  /** Branch that a branch without a history of its own is compared with; BASELINE_BRANCH names another one. */
  main_branch: 'main',
  /** Runs that are read: more than any verdict looks at, and enough for the change points of a history. */
  longest_history: 200,
  /** Runs whose histograms are read with them. A verdict takes the noise within a run from the last ten. */
  histogram_runs: 20,
  /**
   * Fewer requests of one name in a run say nothing of its throughput: their number alone varies by 1/√n, and three
   * standard deviations of 1,000 are a tenth, the smallest change that is looked for.
   */
  least_requests_for_throughput: 1_000,
  /** A run that ended this much before its plan was cut off, whatever its status says. */
  least_share_of_plan: 0.9,
} as const;

export const CONFIRM = {
  /** Two more runs: three that agree are what a verdict asks for. */
  repeats: 2,
  /** Longer ones than this are left to the next run of the history. */
  budget: '10m',
  most_repeats: 10,
} as const;
