/** What became of a part of the tests. */
export interface Tally {
  passed: number;
  /** What failed, with the first line of why: repeated at the end, where a cut-off log still shows it. */
  failed: string[];
  /** What was left out, and why. */
  skipped: string[];
}

/** The same of a test file. Empty: what failed belongs to none. */
export interface FileTally extends Tally {
  readonly file: string;
}
