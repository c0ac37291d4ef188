/** Exit codes of `loadstar`. A test checks that README.md documents them. */
export const EXIT = {
  passed: 0,
  usage: 2,
  regression: 3,
  unusable: 4,
  incomplete: 5,
  thresholds: 99,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_MEANING: Readonly<Record<ExitCode, string>> = {
  [EXIT.passed]: 'passed: every threshold passed and every sample is stored',
  [EXIT.usage]: 'usage or configuration error: nothing was started',
  [EXIT.regression]: 'regression: from the baseline, confirmed by repeating the run, or from the base of `loadstar ab`',
  [EXIT.unusable]: 'the stack or the target could not be used',
  [EXIT.incomplete]: 'data incomplete: samples are missing from InfluxDB',
  [EXIT.thresholds]:
    "an SLO or k6 threshold failed, the target stopped answering, or the script tried a host that is not allowed (k6's own code)",
  [EXIT.interrupted]: 'interrupted',
};

/**
 * k6's own exit codes, from go.k6.io/k6 v1.8.1 `errext/exitcodes/codes.go`. Loadstar shows codes that it does not handle
 * by name with this meaning, and exits with {@link EXIT.unusable}.
 */
export const K6_EXIT = {
  ok: 0,
  generic_error: 255,
  thresholds_have_failed: 99,
  external_abort: 105,
  cannot_start_rest_api: 106,
} as const;

export const K6_EXIT_MEANING: Readonly<Record<number, string>> = {
  97: 'cloud test run failed',
  98: 'cloud progress unavailable',
  99: 'thresholds have failed',
  100: 'setup() timed out',
  101: 'teardown() timed out',
  102: 'timed out',
  103: 'stopped through the REST API',
  104: 'invalid k6 configuration',
  105: 'aborted by a signal',
  106: 'the REST API could not start: is its port in use?',
  107: 'exception in the test script',
  108: 'the script called test.abort()',
  109: 'k6 crashed (Go panic)',
  110: 'the script called test.fail()',
  255: 'k6 could not start the test',
};
