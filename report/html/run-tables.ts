import type { Causes } from '../../contract/causes.ts';
import type { Example } from '../../contract/examples.ts';
import { count, timeOfDay } from '../../contract/format.ts';
import { grpcStatus } from '../../contract/k6-errors.ts';
import { metricLabel, UNKNOWN } from '../../contract/metric-text.ts';
import type { Failures, RunSummary, SloResult } from '../../contract/results.ts';
import { ALL_REQUESTS, SLO_STATE, sloLimit, sloPart, sloState, sloValue } from '../../contract/slo-text.ts';
import type { TelemetryUnit } from '../../contract/telemetry.ts';
import { telemetryName, telemetryValue } from '../../contract/telemetry-text.ts';
import { SLO_TONES } from '../../contract/verdicts.ts';
import { componentOf } from '../text/causes.ts';
import { html, link, type Markup } from './html.ts';
import { type Cell, figure, maybe, second, type Table, table, text } from './parts.ts';

export function sloTable(slos: readonly SloResult[]): Markup {
  if (slos.length === 0) return html`<p>None was judged: the run has none, or k6 ended before it had figures.</p>`;
  const rows = slos.map((slo): Cell[] => [
    // In one cell, so that limit, value and state stay in sight on a phone.
    {
      shown: html`${slo.metric ? `${metricLabel(slo.indicator)} of ${slo.metric}` : metricLabel(slo.indicator)}
<small>${[slo.request ?? (slo.metric ? null : ALL_REQUESTS), sloPart(slo)].filter(Boolean).join(', ')}</small>`,
    },
    { shown: sloLimit(slo) },
    { shown: sloValue(slo) },
    { shown: SLO_STATE[sloState(slo)], tone: SLO_TONES[sloState(slo)] },
  ]);
  const columns = [text('Objective'), figure('Limit'), figure('Value'), text('State')];
  return table({ caption: 'Each objective with its limit and what this run showed', columns, rows });
}

/** All that were found, the most likely first: each sentence, and its figures. */
export function causesList({ ranked, series, symptom }: Causes): Markup {
  const runs = ranked.reduce((most, { baseline_runs }) => Math.max(most, baseline_runs), 0);
  const others = runs > 0 ? ` and with ${count(runs)} baseline runs` : '';
  const looked = `${count(series)} series of the target were compared with the time before ${timeOfDay(symptom.at)} UTC${others}.`;
  if (ranked.length === 0) return html`<p>No cause found. ${looked}</p>`;
  const rows = ranked.map(({ component, unit, usual, value, limit, at, ...identity }): Cell[] => {
    const write = (it: number | null) => maybe(it, (known) => telemetryValue(unit as TelemetryUnit, known));
    return [
      { shown: html`${component} <small>${telemetryName(identity)}</small>` },
      { shown: write(value) },
      { shown: write(limit) },
      { shown: write(usual) },
      { shown: timeOfDay(at) },
    ];
  });
  const columns = [text('Series'), figure('Then'), figure('Limit'), figure('Usual'), figure('Since (UTC)')];
  return html`<ol>${ranked.map(({ sentence }) => html`<li>${causeMarkup(sentence)}</li>`)}</ol>
${table({ caption: 'What changed with the symptom, the most likely cause first', columns, rows })}
<p>${looked}</p>`;
}

/** With its component as code. */
export function causeMarkup(line: string): Markup {
  const found = componentOf(line);
  return found ? html`<code>${found.component}</code>${found.rest}` : html`${line}`;
}

/** By request and answer, by check, and by the place of an exception. */
export function failureTables({ requests, checks, exceptions, total }: Failures): Markup {
  const share = ({ count: failed, of, first }: Failures['checks'][number]): Cell[] => [
    { shown: count(failed), value: failed },
    { shown: count(of), value: of },
    { shown: maybeTime(first), value: first ?? '' },
  ];
  const shares = [figure('Failed'), figure('Of'), figure('First')];
  const tables: readonly Table[] = [
    {
      caption: `Failed requests: ${count(total.requests)}`,
      columns: [text('Request'), text('Answer'), ...shares],
      rows: requests.map((row) => [{ shown: row.name }, { shown: row.error }, ...share(row)]),
    },
    {
      caption: `Failed checks: ${count(total.checks)}`,
      columns: [text('Check'), ...shares],
      rows: checks.map((row) => [{ shown: row.name }, ...share(row)]),
    },
    {
      caption: `Script exceptions: ${count(total.exceptions)}`,
      columns: [text('Exception'), text('Thrown at'), figure('Times'), figure('First')],
      rows: exceptions.map(({ message, place, count: times, first }) => [
        { shown: message },
        { shown: place ?? UNKNOWN },
        { shown: count(times), value: times },
        { shown: maybeTime(first), value: first ?? '' },
      ]),
    },
  ];
  return html`${tables.filter(({ rows }) => rows.length > 0).map((one) => table({ ...one, sortable: true }))}`;
}

/** What failed requests and checks were answered, with the answer to open. */
export function failedExamples({ examples }: RunSummary): Markup | null {
  const failed = examples?.failed ?? [];
  if (failed.length === 0) return null;
  const columns = [
    text('Request'),
    text('Failed'),
    text('Answer'),
    figure('Began'),
    figure('Duration, ms'),
    text('Trace'),
  ];
  const rows = failed.map((one): Cell[] => [
    { shown: html`${one.name}<small>${one.url}</small>` },
    { shown: one.check === undefined ? statusText(one) : `check “${one.check}” (${statusText(one)})` },
    { shown: answerOf(one) },
    { shown: `${second(one.began)} UTC`, value: one.began },
    { shown: duration(one.duration_ms), value: one.duration_ms },
    { shown: traceOf(one) },
  ]);
  return table({ caption: 'The first failures of each kind', columns, rows });
}

/** Where the time of the slowest requests went. */
export function slowestExamples({ examples }: RunSummary): Markup | null {
  const slowest = examples?.slowest ?? [];
  if (slowest.length === 0) return null;
  const columns = [
    text('Request'),
    figure('Duration, ms'),
    figure('Sending'),
    figure('Waiting'),
    figure('Receiving'),
    figure('Connecting before'),
    text('Status'),
    figure('Began'),
    text('Trace'),
  ];
  const rows = slowest.map((one): Cell[] => {
    const { sending, waiting, receiving, connecting, tls_handshaking = 0 } = one.phases_ms ?? {};
    const before = connecting === undefined ? undefined : connecting + tls_handshaking;
    return [
      { shown: html`${one.name}<small>${one.url}</small>` },
      ...[one.duration_ms, sending, waiting, receiving, before].map(
        (time): Cell => (time === undefined ? { shown: UNKNOWN } : { shown: duration(time), value: time }),
      ),
      { shown: statusText(one) },
      { shown: `${second(one.began)} UTC`, value: one.began },
      { shown: traceOf(one) },
    ];
  });
  return table({ caption: 'The three slowest of each request', columns, rows, sortable: true });
}

function statusText({ protocol, status, error }: Example): string {
  if (protocol === 'grpc') return [status, grpcStatus(status)].filter((part) => part !== undefined).join(' ');
  return status > 0 ? String(status) : (error ?? 'no answer');
}

/** What fits into a line shows at once. What k6 says of HTTP is in the column before. */
function answerOf(one: Example): string | Markup {
  const { protocol, body, error } = one;
  const text = body ?? (protocol === 'http' ? undefined : error);
  const line = text?.replace(/\s+/g, ' ').trim();
  if (!text || !line) return protocol === 'http' ? bytes(one) : UNKNOWN;
  if (line.length <= ONE_LINE) return html`<code>${line}</code>`;
  const size = body === undefined ? '' : ` (${bytes(one)})`;
  return html`<details><summary>${line.slice(0, ONE_LINE)}…${size}</summary><pre>${text}</pre></details>`;
}

const ONE_LINE = 60;

function bytes({ body_bytes }: Example): string {
  return body_bytes === 0 ? 'empty' : `${count(body_bytes)} bytes`;
}

function duration(ms: number): string {
  return ms < 10 ? ms.toFixed(2) : count(Math.round(ms));
}

function traceOf({ trace_id, trace_url }: Example): string | Markup {
  return trace_id === undefined ? UNKNOWN : trace_url ? link(trace_url, trace_id) : trace_id;
}

function maybeTime(first: string | null): string {
  return first === null ? UNKNOWN : `${second(first)} UTC`;
}

/** Totals as k6 counted them, and as InfluxDB has them. */
export function completenessTable({ completeness }: RunSummary): Markup | null {
  if (completeness.rows.length === 0) return null;
  const rows = completeness.rows.map((row): Cell[] => [
    { shown: row.metric },
    { shown: row.quantity },
    { shown: total(row.sent) },
    { shown: total(row.stored) },
    { shown: row.ok ? '✓ equal' : '✗ differs', tone: row.ok ? 'neutral' : 'bad' },
  ]);
  const columns = [text('Metric'), text('Total'), figure('Sent'), figure('Stored'), text('State')];
  const caption = 'What was sent, and what InfluxDB stored';
  return html`<details><summary>All ${count(rows.length)} totals</summary>${table({ caption, columns, rows })}</details>`;
}

const exact = new Intl.NumberFormat('en-US', { maximumFractionDigits: 3 });

/** To more digits than a person needs: it is about whether two are equal. */
function total(value: number): string {
  return exact.format(value);
}
