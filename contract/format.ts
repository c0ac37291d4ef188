/** How figures are written for people: in the terminal, the report and messages alike. */

const integer = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const three = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 });
const MS_PER_S = 1_000;
/** From here on seconds read better than milliseconds. */
const SECONDS_FROM_MS = 10_000;
const WHOLE_FROM = 100;

export function count(value: number): string {
  return integer.format(value);
}

/** @param value ms */
export function ms(value: number): string {
  if (value >= SECONDS_FROM_MS) return `${three.format(value / MS_PER_S)} s`;
  return `${number(value)} ms`;
}

/** @param value a fraction: 0.01 is 1 % */
export function percent(value: number): string {
  const hundredfold = value * 100;
  // 99.999 must not read as 100: a rounded-away failure is a hidden one.
  if (hundredfold < 100 && hundredfold > 99.9) return `${(Math.floor(hundredfold * 1000) / 1000).toString()} %`;
  return `${number(hundredfold)} %`;
}

export function number(value: number): string {
  return Math.abs(value) >= WHOLE_FROM ? integer.format(value) : three.format(value);
}

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** `12.3 MiB` */
export function bytesText(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(BYTE_UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 2 ** (10 * power);
  return `${Number(value.toPrecision(3))} ${BYTE_UNITS[power]}`;
}

const MINUTE_S = 60;
const HOUR_S = 60 * MINUTE_S;

/** `45 s`, `16 min`, `1 h 30 min`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 2 * MINUTE_S) return `${whole} s`;
  const [hours, minutes, rest] = [
    Math.floor(whole / HOUR_S),
    Math.floor((whole % HOUR_S) / MINUTE_S),
    whole % MINUTE_S,
  ];
  if (hours > 0) return minutes > 0 ? `${hours} h ${minutes} min` : `${hours} h`;
  return rest > 0 ? `${minutes} min ${rest} s` : `${minutes} min`;
}

/** `12:34:56` of an ISO time, in UTC: where the date is known. */
export function timeOfDay(iso: string): string {
  return iso.slice(11, 19);
}

/** A sentence that people still read. */
const MOST_LISTED = 10;

/** `a, b and c`; of many the first ones, and how many more there are. */
export function listed(items: readonly string[]): string {
  if (items.length > MOST_LISTED) {
    return `${items.slice(0, MOST_LISTED).join(', ')} and ${count(items.length - MOST_LISTED)} more`;
  }
  return items.length > 1 ? `${items.slice(0, -1).join(', ')} and ${items.at(-1)}` : items.join('');
}

/** A true minus sign: a hyphen beside a figure reads as a dash. */
export function signed(value: number, format: (magnitude: number) => string): string {
  const text = format(Math.abs(value));
  if (text === format(0)) return `±${text}`;
  return `${value < 0 ? '−' : '+'}${text}`;
}
