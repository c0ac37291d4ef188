/** Figures and SLOs in words, in Flux: tables with several units in a column cannot leave them to Grafana's units. */
import { METRICS } from '../../contract/metrics.ts';
import { INDICATORS, isUpperLimit, type SloIndicator, sloSign } from '../../contract/slo.ts';
import { NO_DATA } from '../../contract/slo-text.ts';
import { NO_TEXT } from './flux.ts';

/** How the state of an SLO stands in a table. k6 passes a threshold without a sample: then there is no data. */
export const STATE = { failed: 0, passed: 1, no_data: 2 } as const;

export const INDICATOR_NAMES = Object.keys(INDICATORS) as readonly SloIndicator[];

/** Packages that {@link FIGURE_FUNCTION} needs. */
export const FIGURE_IMPORTS = ['math', 'strings'];

/** Defines `figure(unit, value)`, which writes values as contract/format.ts does; a test compares them. */
export const FIGURE_FUNCTION = `whole = (value) => {
  n = int(v: math.round(x: math.abs(x: value)))
  group = (n) => strings.substring(v: string(v: 1000 + n % 1000), start: 1, end: 4)
  text = if n < 1000 then string(v: n)
    else if n < 1000000 then string(v: n / 1000) + "," + group(n: n)
    else string(v: n / 1000000) + "," + group(n: n / 1000) + "," + group(n: n)
  return if value < 0.0 then "-" + text else text
}
three = (value) => {
  scale = if value == 0.0 then 1.0 else math.pow(x: 10.0, y: 2.0 - math.floor(x: math.log10(x: math.abs(x: value))))
  rounded = math.round(x: value * scale) / scale
  return if math.abs(x: rounded) >= 1000.0 then whole(value: rounded) else string(v: rounded)
}
number = (value) => if math.abs(x: value) >= 100.0 then whole(value: value) else three(value: value)
percent = (value) => if value < 100.0 and value > 99.9
  then string(v: math.floor(x: value * 1000.0) / 1000.0)
  else number(value: value)
figure = (unit, value) => if unit == "ms" and value >= 10000.0 then three(value: value / 1000.0) + " s"
  else if unit == "ms" then number(value: value) + " ms"
  else if unit == "share" then percent(value: value * 100.0) + " %"
  else if unit == "per_s" then number(value: value) + "/s"
  else whole(value: value)`;

/** Defines `about(indicator)`: what the table of metrics says of an indicator. */
const ABOUT_FUNCTION = `about = (indicator) => ${INDICATOR_NAMES.map(
  (name) =>
    `if indicator == "${name}" then {label: "${METRICS[name].label}", unit: "${METRICS[name].unit}", upper: ${isUpperLimit(name)}, sign: "${sloSign(name)} "}
  else `,
).join('')}{label: indicator, unit: ${NO_TEXT}, upper: true, sign: ${NO_TEXT}}`;

/**
 * Defines how an SLO is written: `sloLabel(indicator)`, `sloLimit(indicator, limit, text)`, `sloSubject(subject, text)`,
 * `sloValue(indicator, known, value)`, and whether a value passes: `passes(indicator, value, limit)`. `text` is the limit in
 * words, as records have it; {@link NO_TEXT} of a record that is older. The subject of a script's threshold ends in it.
 */
export const SLO_FUNCTIONS = `${FIGURE_FUNCTION}
${ABOUT_FUNCTION}
sloLabel = (indicator) => about(indicator: indicator).label
sloLimit = (indicator, limit, text) => {
  it = about(indicator: indicator)
  return if text != ${NO_TEXT} then text else it.sign + figure(unit: it.unit, value: limit)
}
sloSubject = (subject, text) => strings.trimSuffix(v: subject, suffix: ": " + text)
sloValue = (indicator, known, value) => if known then figure(unit: about(indicator: indicator).unit, value: value) else "${NO_DATA}"
passes = (indicator, value, limit) => if about(indicator: indicator).upper then value <= limit else value >= limit`;
