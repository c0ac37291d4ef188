/** What became of a part of the tests. */
export interface Tally {
  passed: number;
  /** What failed, with the first line of why: repeated at the end, where a cut-off log still shows it. */
  failed: string[];
  /** What was left out, and why. */
  skipped: string[];
}
