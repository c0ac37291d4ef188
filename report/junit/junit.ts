/** Runs as JUnit XML, which CI servers show as tests. */
import junit, { type TestCase, type TestSuite } from 'junit-report-builder';
import { metricName } from '../../contract/metric-text.ts';
import type { AbVerdict, Completeness, RunSummary } from '../../contract/results.ts';
import type { ComparisonVerdict } from '../../contract/runs.ts';
import { type SloState, sloName, sloOutcome, sloState } from '../../contract/slo-text.ts';
import { completenessLine } from '../html/warnings.ts';
import { abComparisons, abLabel } from '../text/ab.ts';

/** One case of a suite. */
interface Case {
  readonly name: string;
  readonly state: 'passed' | 'failed' | 'error' | 'skipped';
  /** A sentence for a person. */
  readonly text: string;
}

/**
 * A suite per run: a case per SLO and per judged metric, one for completeness, one for the run as a whole.
 * Something in it has failed exactly if the run's exit code is not 0.
 */
export function junitXml(summaries: readonly RunSummary[]): string {
  const builder = junit.newBuilder().name('Loadstar');
  for (const summary of summaries) addSuite(builder.testSuite(), summary);
  return `${builder.build().trimEnd()}\n`;
}

function addSuite(suite: TestSuite, summary: RunSummary): void {
  const { scenario, profile, testid, target, app, started, confirms } = summary;
  suite.name(`${scenario} (${profile})${confirms ? ', again' : ''}`).timestamp(started);
  const properties = { testid, target: target.base_url, version: app.version, commit: app.commit };
  for (const [name, value] of Object.entries(properties)) if (value) suite.property(name, value);
  for (const one of casesOf(summary)) {
    const node = suite.testCase().className(`${scenario}.${profile}`).name(one.name);
    if (one.name === WHOLE) node.time(summary.duration_s);
    show(node, one);
  }
}

function show(node: TestCase, { state, text }: Case): void {
  if (state === 'failed') node.failure(text);
  else if (state === 'error') node.error(text);
  else if (state === 'skipped') node.skipped().standardOutput(text);
  else node.standardOutput(text);
}

const COMPLETENESS: Readonly<Record<Completeness['state'], Case['state']>> = {
  complete: 'passed',
  tolerated: 'passed',
  incomplete: 'failed',
  unknown: 'skipped',
};

/** Only what is confirmed fails a call, and so a case. */
const COMPARED: Readonly<Record<ComparisonVerdict, Case['state']>> = {
  regressed: 'failed',
  suspected: 'passed',
  unstable: 'skipped',
  improved: 'passed',
  same: 'passed',
  'not enough runs': 'skipped',
};

const AB_COMPARED: Readonly<Record<AbVerdict, Case['state']>> = {
  regressed: 'failed',
  unclear: 'skipped',
  same: 'passed',
  improved: 'passed',
};

const SLO_CASES = { passed: 'passed', failed: 'failed', no_data: 'skipped' } as const satisfies Record<
  SloState,
  Case['state']
>;

/** Name of the case of the run as a whole. */
const WHOLE = 'the run';

function casesOf(summary: RunSummary): Case[] {
  const cases: Case[] = [
    ...summary.slos.map((slo) => ({
      name: sloName(slo),
      state: SLO_CASES[sloState(slo)],
      text: sloOutcome(slo),
    })),
    {
      name: 'every sample is stored',
      state: COMPLETENESS[summary.completeness.state],
      text: completenessLine(summary),
    },
    ...(summary.comparison?.metrics ?? []).map((row) => ({
      name: `${metricName(row)}, compared with its history`,
      state: COMPARED[row.verdict],
      text: row.sentence,
    })),
    ...(summary.ab ? abComparisons(summary.ab) : []).map((it) => ({
      name: `${abLabel(it)}, head compared with base`,
      state: AB_COMPARED[it.verdict],
      text: it.sentence,
    })),
  ];
  const is_told = cases.some(({ state }) => state === 'failed' || state === 'error');
  const has_run = summary.status !== 'broken' && summary.status !== 'interrupted';
  const is_good = has_run && (is_told || summary.exit_code === 0);
  return [{ name: WHOLE, state: is_good ? 'passed' : 'error', text: summary.verdict }, ...cases];
}
