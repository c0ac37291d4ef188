/**
 * Versions of what Loadstar leaves behind, and reads again. Each goes up when an earlier version of Loadstar could not work with
 * it. Earlier ones are read or migrated; later ones are refused. CHANGELOG.md names them for each release.
 */
import { PORTABLE } from './portable-runs.ts';
import { STATE_FORMAT } from './state.ts';
import { SUMMARY_VERSION } from './summary-schema.ts';

/** Of records of runs, in their field `format`. 2: they have a project. */
export const RECORD_FORMAT = 2;

/** By their names in `loadstar --version` and in CHANGELOG.md. */
export const FORMATS = {
  state: STATE_FORMAT,
  'records of runs': RECORD_FORMAT,
  'exported runs': PORTABLE.version,
  'summary.json': SUMMARY_VERSION,
} as const;
