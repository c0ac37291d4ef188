import { XMLParser } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import type { RunSummary, SloResult } from '../../contract/results.ts';
import { sloName } from '../../contract/slo-text.ts';
import { AB_RUN } from '../example-ab.ts';
import { FAILED_RUN, PASSED_RUN, REGRESSED_RUN } from '../example-run.ts';
import { junitXml } from './junit.ts';

interface ReadCase {
  name: string;
  failure?: { message: string };
  error?: { message: string };
  skipped?: unknown;
}

const LISTS = ['testsuite', 'testcase', 'property'];
const reader = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '',
  isArray: (name) => LISTS.includes(name),
});

function read(...summaries: RunSummary[]) {
  const { testsuites } = reader.parse(junitXml(summaries), true);
  const cases: ReadCase[] = testsuites.testsuite[0].testcase;
  const named = (test: (it: ReadCase) => boolean) => cases.filter(test).map(({ name }) => name);
  return {
    suites: testsuites.testsuite,
    cases,
    failed: named(({ failure }) => failure !== undefined),
    errors: named(({ error }) => error !== undefined),
    skipped: named(({ skipped }) => skipped !== undefined),
  };
}

describe('JUnit XML', () => {
  it('has a case for each SLO and each judged metric; what failed the call has failed', () => {
    const { cases, failed, errors } = read(FAILED_RUN);
    expect(failed).toEqual(['p95 ≤ 500 ms']);
    expect(errors).toEqual([]);
    expect(cases.find(({ failure }) => failure)?.failure?.message).toBe('p95 ≤ 500 ms is 612 ms');

    const regressed = read(REGRESSED_RUN);
    const compared = REGRESSED_RUN.comparison?.metrics ?? [];
    expect(regressed.cases).toHaveLength(1 + REGRESSED_RUN.slos.length + 1 + compared.length);
    expect(regressed.failed).toEqual(['p95, compared with its history', 'p95 of GET /b, compared with its history']);
    expect(regressed.suites[0].properties.property).toContainEqual({ name: 'testid', value: REGRESSED_RUN.testid });
  });

  it('skips a threshold without a sample', () => {
    const slos = PASSED_RUN.slos.map((slo, index) => (index === 0 ? { ...slo, value: null } : slo));
    expect(read({ ...PASSED_RUN, slos }).skipped).toEqual([sloName(slos[0] as SloResult)]);
  });

  it.each<[string, RunSummary]>([
    ['passed', PASSED_RUN],
    ['failed', FAILED_RUN],
    ['regressed', REGRESSED_RUN],
    ['incomplete', { ...PASSED_RUN, status: 'incomplete', exit_code: 5 }],
    ['broken', { ...PASSED_RUN, status: 'broken', exit_code: 4, verdict: 'the target is gone' }],
    ['stopped after an SLO had failed', { ...FAILED_RUN, status: 'interrupted', exit_code: 130 }],
    ['k6 failed it by a rule of its own', { ...PASSED_RUN, status: 'failed', exit_code: 99 }],
    ['slower head', AB_RUN],
  ])('is red exactly if the exit code is not 0: %s', (_, summary) => {
    const { failed, errors } = read(summary);
    expect(failed.length + errors.length > 0).toBe(summary.exit_code !== 0);
  });

  it('says what was not judged, instead of passing it', () => {
    const completeness = { ...PASSED_RUN.completeness, state: 'unknown' as const };
    expect(read({ ...PASSED_RUN, completeness }).skipped).toEqual(['every sample is stored']);
  });

  it('stays XML, whatever a request is named', () => {
    const request = 'GET /a?<b>&"c"\u0007\u001b[31m ]]>';
    const slos = [{ ...FAILED_RUN.slos[0], request } as RunSummary['slos'][number]];
    expect(read({ ...FAILED_RUN, slos }).cases[1]?.name).toContain('GET /a?<b>&"c"');
  });
});
