/** Alert rules from the SLOs, in Grafana's provisioning format (which is not the format of its API). */
import { ALERTING } from '../../contract/alerting.ts';
import { GRAFANA } from '../../contract/grafana.ts';
import { metricValue } from '../../contract/metric-text.ts';
import { METRICS, type Unit } from '../../contract/metrics.ts';
import { OWN_PROJECT } from '../../contract/project-name.ts';
import { SCENARIOS, type Scenarios } from '../../contract/scenarios.ts';
import { hasAlert, INDICATORS, isUpperLimit, type Slo, thresholdText } from '../../contract/slo.ts';
import { sloPart } from '../../contract/slo-text.ts';
import { built } from '../builder/dashboard.ts';
import { VARIABLE } from '../builder/flux.ts';
import { datasourceRef } from '../builder/panels.ts';
import { LOADSTAR_SCHEMA } from '../builder/schemas/loadstar.ts';
import { LATENCY_PANEL, liveDashboard } from '../dashboards/live/dashboard.ts';
import { runbookPath } from '../dashboards/runbook/dashboard.ts';
import { digestOf, fitUid, ruleFolder, ruleGroupName, UID_PREFIX, withDigest } from './names.ts';
import {
  lostGeneratorsQuery,
  lostSamplesQuery,
  noChecksQuery,
  type RuleScope,
  regressionQuery,
  silentRunsQuery,
  sloQuery,
} from './queries.ts';

/** An observed value as people read it: a template of Grafana's, which knows no function of ours. */
const OBSERVED: Readonly<Record<Unit, string>> = {
  ms: '{{ printf "%.0f" $values.observed.Value }} ms',
  // Grafana expands it without data too.
  share:
    '{{ if ne (printf "%v" $values.observed.Value) "<nil>" }}{{ humanizePercentage $values.observed.Value }}{{ end }}',
  per_s: '{{ printf "%.1f" $values.observed.Value }}/s',
  count: '{{ printf "%.0f" $values.observed.Value }}',
  number:
    '{{ if ge $values.observed.Value 100.0 }}{{ printf "%.0f" $values.observed.Value }}{{ else }}{{ printf "%.3g" $values.observed.Value }}{{ end }}',
};

/** The uid of a rule. The underscore keeps a project apart from what follows: no name of a project has one. */
function uidOf(project: string, ...parts: readonly (string | undefined)[]): string {
  const rest = parts
    .filter(Boolean)
    .join('-')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/-$/, '');
  return fitUid(`${UID_PREFIX}-${project}_${rest}`);
}

/** Bytes. Grafana refuses the whole file if one title is longer. */
const LONGEST_TITLE = 190;

function fitTitle(title: string): string {
  if (Buffer.byteLength(title) <= LONGEST_TITLE) return title;
  const characters = [...title];
  const clipped = () => `${characters.join('')}… ${digestOf(title)}`;
  while (Buffer.byteLength(clipped()) > LONGEST_TITLE) characters.pop();
  return clipped();
}

/** Grafana replaces `$NAME` in most fields of a provisioning file by the variable of its environment. */
function escapeVariables(text: string): string {
  return text.replaceAll('$', '$$$$');
}

/**
 * Annotations are templates. Grafana 12 replaces no variable in them, later versions replace `${NAME}`; an expression
 * that writes the character is right in all of them.
 */
function escapeTemplate(text: string): string {
  return text.replaceAll(/\{\{|\$/g, (it) => `{{ "${it === '$' ? '\\u0024' : it}" }}`);
}

/** A team's request names may differ in punctuation only, so that their uids are equal; a digest of the title separates them. */
function withDistinctUids(rules: readonly RuleInput[]): RuleInput[] {
  const count = new Map<string, number>();
  for (const { uid } of rules) count.set(uid, (count.get(uid) ?? 0) + 1);
  return rules.map((it) => ((count.get(it.uid) ?? 0) > 1 ? { ...it, uid: withDigest(it.uid, it.title) } : it));
}

/** A rule before it has Grafana's shape. */
interface RuleInput {
  readonly uid: string;
  readonly title: string;
  readonly severity: 'critical' | 'warning';
  readonly query: string;
  readonly fires: { readonly type: 'gt' | 'lt'; readonly limit: number };
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** The rules of a project: those of all SLOs and of the measurement itself. @param scenarios with their SLOs */
export function ruleGroup(project: string, scenarios: Scenarios) {
  const from_slos = Object.entries(scenarios).flatMap(([scenario, { slos, is_script }]) =>
    slos.flatMap((slo) => sloRule({ project, scenario, ...(is_script ? { is_script } : {}) }, slo)),
  );
  const panel_id = latencyPanelId();
  return {
    orgId: 1,
    name: ruleGroupName(project),
    folder: ruleFolder(project).title,
    interval: `${ALERTING.interval_s}s`,
    rules: [...withDistinctUids(from_slos), ...rulesOnRuns(project, scenarios)].map((it) =>
      rule(project, it, panel_id),
    ),
  };
}

/**
 * The same as a provisioning file.
 * @param gone uids of rules that an earlier file had; Grafana keeps them unless the file lists them
 */
export function ruleFile(project: string, scenarios: Scenarios = SCENARIOS, gone: readonly string[] = []): object {
  const { rules, ...group } = ruleGroup(project, scenarios);
  return {
    apiVersion: 1,
    groups: [{ ...group, rules: rules.map((it) => ({ ...it, title: escapeVariables(it.title) })) }],
    ...(gone.length > 0 ? { deleteRules: gone.map((uid) => ({ orgId: 1, uid })) } : {}),
  };
}

/** Of a query that gives failing runs alone: every number is greater than the least. */
const ALWAYS = { type: 'gt', limit: -Number.MAX_VALUE } as const;

/** @returns nothing for an SLO that no rule watches (contract/slo.ts) */
function sloRule(scope: RuleScope, slo: Slo): RuleInput[] {
  const { project, scenario } = scope;
  const { indicator, limit, reason } = slo;
  const of_script = indicator === 'threshold' ? slo.threshold : undefined;
  const { alert } = INDICATORS[indicator];
  if (!alert || !hasAlert(slo)) return [];
  const subject = of_script ? thresholdText(of_script) : slo.metric;
  const what = [scenario, subject, slo.request, sloPart(slo)].filter(Boolean).join(', ');
  return [
    {
      uid: uidOf(project, indicator.split('_')[0], scenario, slo.metric, slo.request, slo.over),
      title: `${alert.title}: ${what}`,
      severity: alert.severity,
      query: sloQuery(scope, slo),
      fires: of_script ? ALWAYS : { type: isUpperLimit(indicator) ? 'gt' : 'lt', limit },
      labels: { scenario, slo: indicator },
      annotations: {
        summary: escapeTemplate(`${what}: ${alert.title}`),
        observed: OBSERVED[METRICS[indicator].unit],
        limit: of_script ? escapeTemplate(of_script.expression) : metricValue(indicator, limit),
        reason: escapeTemplate(reason),
        ...runbook(project, alert.runbook),
      },
    },
  ];
}

/** Grafana shows a button for `runbook_url`, and messages link to it. */
function runbook(project: string, section: string): { readonly runbook_url: string } {
  return { runbook_url: `{{ externalURL }}${runbookPath(section)}&var-${VARIABLE.project}=${project}` };
}

const SECONDS = '{{ printf "%.0f" $values.observed.Value }} s';

/**
 * Scenarios that make checks. A team's may make none, also one that replaces a built-in: those with an SLO on checks do.
 */
function checked(project: string, scenarios: Scenarios): string[] {
  const names = Object.entries(scenarios).filter(
    ([name, { slos }]) =>
      (project === OWN_PROJECT && name in SCENARIOS) || slos.some(({ indicator }) => indicator === 'checks_rate'),
  );
  return names.map(([name]) => name);
}

/** Rules on the measurement itself and on the run's record. */
function rulesOnRuns(project: string, scenarios: Scenarios): RuleInput[] {
  return [
    {
      uid: uidOf(project, 'run-silent'),
      title: 'a run has fallen silent',
      severity: 'critical',
      query: silentRunsQuery(project),
      fires: { type: 'gt', limit: ALERTING.silent_s },
      labels: {},
      annotations: {
        summary: 'an active run sends no sign of life',
        observed: SECONDS,
        limit: `${ALERTING.silent_s} s`,
        reason: 'its load generator was killed, or cannot reach InfluxDB, so its metrics are missing',
        ...runbook(project, 'a-run-has-fallen-silent'),
      },
    },
    {
      uid: uidOf(project, 'generator-lost'),
      title: 'a generator is lost',
      severity: 'critical',
      query: lostGeneratorsQuery(project),
      fires: { type: 'gt', limit: 0 },
      labels: {},
      annotations: {
        summary: 'an active run has lost a load generator',
        observed: `{{ printf "%.0f" $values.observed.Value }} silent for more than ${ALERTING.silent_s} s`,
        limit: '0',
        reason: 'the load is lower than planned, and the data of the run is incomplete unless it comes back',
        ...runbook(project, 'a-generator-is-lost'),
      },
    },
    {
      uid: uidOf(project, 'no-checks'),
      title: 'an active run makes no checks',
      severity: 'warning',
      query: noChecksQuery(project, checked(project, scenarios)),
      fires: { type: 'gt', limit: 0 },
      labels: {},
      annotations: {
        summary: 'an active run has made no check for a minute',
        observed: `no check, ${SECONDS} into the run`,
        limit: `one check in ${ALERTING.window_s} s`,
        reason: 'its VUs hang, or its script ends early, so good figures mean nothing',
        ...runbook(project, 'an-active-run-makes-no-checks'),
      },
    },
    {
      uid: uidOf(project, 'samples-lost'),
      title: 'samples are lost',
      severity: 'critical',
      query: lostSamplesQuery(project),
      fires: { type: 'gt', limit: 0 },
      labels: {},
      annotations: {
        summary: 'samples of this run are missing from InfluxDB',
        observed: '{{ printf "%.0f" $values.observed.Value }} samples missing',
        limit: '0',
        reason: "partial data: do not use this run's numbers",
        ...runbook(project, 'samples-are-lost'),
      },
    },
    {
      uid: uidOf(project, 'regression'),
      title: 'a run is worse than its baseline',
      severity: 'critical',
      query: regressionQuery(project),
      fires: { type: 'gt', limit: 0 },
      labels: {},
      annotations: {
        summary: 'this run is worse than its baseline',
        observed: `p95 ${OBSERVED.ms}`,
        limit: 'its baseline, see the dashboard Compare two runs',
        reason: 'users may wait longer than before although every SLO passes',
        ...runbook(project, 'a-run-is-worse-than-its-baseline'),
      },
    },
  ];
}

function rule(
  project: string,
  { uid, title, severity, query, fires, labels, annotations }: RuleInput,
  panel_id: number,
) {
  return {
    uid,
    title: fitTitle(`${project} · ${title}`),
    condition: 'breach',
    data: [
      queryNode('observed', query),
      expression('breach', {
        type: 'threshold',
        expression: 'observed',
        conditions: [{ evaluator: { type: fires.type, params: [fires.limit] } }],
      }),
    ],
    // The minimum number of requests is the debounce, so a breach notifies at once.
    for: '0s',
    // A series that ends is a run that ended: neither a recovery nor an alarm.
    noDataState: 'OK',
    execErrState: 'Error',
    labels: {
      [ALERTING.product.label]: ALERTING.product.value,
      [ALERTING.project_label]: project,
      severity,
      ...labels,
    },
    annotations,
    isPaused: false,
    // Grafana marks in this panel when the rule starts and stops firing.
    dashboardUid: GRAFANA.dashboards.live.uid,
    panelId: panel_id,
  };
}

function latencyPanelId(): number {
  const { panels = [] } = built(liveDashboard(LOADSTAR_SCHEMA));
  const panel = panels.find((it) => 'title' in it && it.title === LATENCY_PANEL);
  if (panel?.id === undefined) throw new Error(`expected a panel "${LATENCY_PANEL}" in the live dashboard`);
  return panel.id;
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
