/** A cause in one sentence: what changed, when, and what it usually is. */
import type { Cause, Symptom } from '../contract/causes.ts';
import { duration, timeOfDay } from '../contract/format.ts';
import { metricLabel, metricValue } from '../contract/metric-text.ts';
import type { TelemetryUnit } from '../contract/telemetry.ts';
import { telemetryName, telemetryValue } from '../contract/telemetry-text.ts';
import type { Onset } from './observed-series.ts';

const MS_PER_S = 1_000;

export function causeSentence(cause: Omit<Cause, 'sentence'>, symptom: Symptom, onset: Omit<Onset, 'at_ms'>): string {
  return `${changeText(cause, onset.is_from_start)} ${whenText(cause, symptom, onset)}${usualText(cause)}.`;
}

function changeText(
  { component, change, value, limit, usual, ...identity }: Omit<Cause, 'sentence'>,
  is_from_start: boolean,
): string {
  const unit = identity.unit as TelemetryUnit;
  const name = `\`${component}\` ${telemetryName(identity)}`;
  const write = (it: number) => telemetryValue(unit, it);
  if (change === 'limit' && limit !== null) return `${name} reached ${ofLimit(unit, Math.max(value, 0), limit)}`;
  const level = limit === null || unit === 'share' ? write(value) : `${write(value)} (of ${write(limit)})`;
  if (usual === null) return `${name} was ${level}`;
  return is_from_start
    ? `${name} was ${level} instead of ${write(usual)}`
    : `${name} rose from ${write(usual)} to ${level}`;
}

/** `20 of 20`; of a share the value alone, as its limit is all of it. */
function ofLimit(unit: TelemetryUnit, value: number, limit: number): string {
  if (unit === 'share' && limit === 1) return telemetryValue(unit, value);
  return `${telemetryValue(unit, value)} of ${telemetryValue(unit, limit)}`;
}

function whenText(
  { at }: Omit<Cause, 'sentence'>,
  symptom: Symptom,
  { after_ms, is_from_start }: Omit<Onset, 'at_ms'>,
): string {
  const symptom_ms = Date.parse(symptom.at);
  const lead_s = Math.round((symptom_ms - Date.parse(at)) / MS_PER_S);
  // A symptom begins within its second, and a series between two samples: which came first is not known then.
  const is_same_time = lead_s < 0 && after_ms <= symptom_ms + MS_PER_S;
  const clock = `at ${timeOfDay(at)}`;
  const what = symptomText(symptom);
  if (is_from_start) return `from the start of the load on (${timeOfDay(at)})`;
  if (lead_s === 0 || is_same_time) return `${clock}, when ${what}`;
  const apart = duration(Math.abs(lead_s));
  return lead_s > 0 ? `${clock}, ${apart} before ${what}` : `${clock}, ${apart} after ${what}`;
}

/** `p95 of POST /api/orders passed 500 ms` */
export function symptomText({ kind, metric, request, limit }: Symptom): string {
  if (kind === 'knee') return 'the load became too high';
  const name = request === null ? metricLabel(metric) : `${metricLabel(metric)} of ${request}`;
  if (limit === null) return `${name} became worse`;
  return kind === 'regression'
    ? `${name} passed its usual ${metricValue(metric, limit)}`
    : `${name} passed ${metricValue(metric, limit)}`;
}

function usualText({ change, usual, baseline_runs, baseline_most, unit }: Omit<Cause, 'sentence'>): string {
  const write = (value: number) => telemetryValue(unit as TelemetryUnit, value);
  if (baseline_runs > 0 && baseline_most !== null) {
    return `; in the ${baseline_runs} baseline runs at most ${write(baseline_most)}`;
  }
  // A level says what it rose from.
  return usual === null || change === 'level' ? '' : `; before that ${write(usual)}`;
}
