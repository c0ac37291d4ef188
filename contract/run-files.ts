/** Names of what a run leaves, in results/<run-id>/ unless it says otherwise. */
export const SUMMARY_FILE = 'summary.json';
export const RESULTS_FILE = 'results.json';
/** The same for people, as Markdown. */
export const MARKDOWN_FILE = 'summary.md';
/** The page of the run. */
export const REPORT_FILE = 'report.html';
/** In results/ itself: the page over all runs. */
export const INDEX_FILE = 'index.html';
export const K6_LOG_FILE = 'k6.log';
/** k6's final data, as it gave them. */
export const K6_SUMMARY_FILE = 'k6-summary.json';
/** What our output counted. */
export const OUTPUT_REPORT_FILE = 'output-report.json';
/** In the state directory: bundled scripts, and what they read, while a call runs. */
export const BUNDLES_DIR = 'bundles';
/** What failed and what was slow, as k6 saw it: read, masked and removed at the end of the run. */
export const EXAMPLES_FILE = 'examples.raw.json';
/** In the state directory: what InfluxDB has not taken yet. */
export const SPOOL_DIR = 'spool';
/** In the private directory of a run's bundles, and gone with it: the accounts that virtual users log in as. */
export const USERS_FILE = 'users.json';
/** What the handleSummary of a k6 script prints. */
export const SCRIPT_SUMMARY_FILE = 'script-summary.txt';
