/** Alert rules from the SLOs, in Grafana's provisioning format (which is not the format of its API). */
import { ALERTING } from '../../contract/alerting.ts';
import { GRAFANA } from '../../contract/grafana.ts';
import { SCENARIOS, type Scenario } from '../../contract/scenarios.ts';
import { SLO_DIRECTION, type Slo, type SloIndicator } from '../../contract/slo.ts';
import { datasourceRef } from '../lib/panels.ts';
import { latencyQuery, shareQuery } from './queries.ts';

const P95 = 0.95;
const P99 = 0.99;
const RUNBOOK = 'docs/runbook.md';

interface Kind {
  readonly title: string;
  readonly severity: 'critical' | 'warning';
  readonly runbook: string;
  query(scenario: string, slo: Slo): string;
  /** The observed value as people read it: a template of Grafana's. */
  readonly observed: string;
  /** The limit likewise. */
  limit(value: number): string;
}

const LATENCY = {
  observed: '{{ printf "%.0f" $values.observed.Value }} ms',
  limit: (value: number) => `${value} ms`,
};
const SHARE = {
  observed: '{{ humanizePercentage $values.observed.Value }}',
  limit: (value: number) => `${value * 100} %`,
};

const KINDS: Readonly<Partial<Record<SloIndicator, Kind>>> = {
  p95_ms: {
    title: 'p95 too high',
    severity: 'critical',
    runbook: 'p95-too-high',
    query: (scenario, slo) => latencyQuery(scenario, slo, P95),
    ...LATENCY,
  },
  p99_ms: {
    title: 'p99 too high',
    severity: 'warning',
    runbook: 'p95-too-high',
    query: (scenario, slo) => latencyQuery(scenario, slo, P99),
    ...LATENCY,
  },
  error_rate: {
    title: 'error rate too high',
    severity: 'critical',
    runbook: 'error-rate-too-high',
    query: (scenario, slo) => shareQuery('http_req_failed', scenario, slo),
    ...SHARE,
  },
  checks_rate: {
    title: 'checks fail',
    severity: 'warning',
    runbook: 'checks-fail',
    query: (scenario, slo) => shareQuery('checks', scenario, slo),
    ...SHARE,
  },
};

/** Grafana takes 40 characters; the same SLO keeps its rule. */
const LONGEST_UID = 40;

function uidOf(scenario: string, slo: Slo): string {
  const request = slo.request ? `-${slo.request.toLowerCase().replace(/[^a-z0-9]+/g, '-')}` : '';
  return `ls-${slo.indicator.split('_')[0]}-${scenario}${request}`.slice(0, LONGEST_UID).replace(/-+$/, '');
}

export function ruleFile(): object {
  const rules = Object.entries(SCENARIOS as Record<string, Scenario>).flatMap(([scenario, { slos }]) =>
    slos.flatMap((slo) => {
      const kind = KINDS[slo.indicator];
      return kind ? [rule(scenario, slo, kind)] : [];
    }),
  );
  return {
    apiVersion: 1,
    groups: [{ orgId: 1, name: ALERTING.group, folder: GRAFANA.folder, interval: `${ALERTING.interval_s}s`, rules }],
  };
}

function rule(scenario: string, slo: Slo, kind: Kind): object {
  const what = slo.request ? `${scenario}, ${slo.request}` : scenario;
  const sign = SLO_DIRECTION[slo.indicator] === 'below' ? 'gt' : 'lt';
  return {
    uid: uidOf(scenario, slo),
    title: `${kind.title}: ${what}`,
    condition: 'breach',
    data: [
      queryNode('observed', kind.query(scenario, slo)),
      expression('breach', {
        type: 'threshold',
        expression: 'observed',
        conditions: [{ evaluator: { type: sign, params: [slo.limit] } }],
      }),
    ],
    // The least number of requests is the debounce; a breach that holds is told at once.
    for: '0s',
    // A series that ends is a run that ended: neither a healing nor an alarm.
    noDataState: 'OK',
    execErrState: 'Error',
    labels: {
      [ALERTING.product.label]: ALERTING.product.value,
      scenario,
      slo: slo.indicator,
      severity: kind.severity,
    },
    annotations: {
      summary: `${what}: ${kind.title}`,
      observed: kind.observed,
      limit: kind.limit(slo.limit),
      reason: slo.reason,
      runbook: `${RUNBOOK}#${kind.runbook}`,
    },
    isPaused: false,
  };
}

function queryNode(refId: string, flux: string): object {
  return {
    refId,
    relativeTimeRange: { from: ALERTING.window_s, to: 0 },
    datasourceUid: datasourceRef.uid,
    model: { refId, query: flux, datasource: datasourceRef, intervalMs: 1000, maxDataPoints: 43200 },
  };
}

function expression(refId: string, model: object): object {
  return {
    refId,
    datasourceUid: '__expr__',
    model: { refId, datasource: { type: '__expr__', uid: '__expr__' }, ...model },
  };
}
