/** The files of a team's project, beside each other. */
export const PROJECT_FILES = {
  config: 'loadstar.config.ts',
  /** One scenario a file, unless the configuration names another directory. */
  scenarios: 'loadtests',
  /** Tokens, data, logs; LOADSTAR_HOME names another. */
  state: '.loadstar',
  /** A directory a run; RESULTS_DIR names another. */
  results: 'results',
} as const;
