export interface Starts {
  /** ms since 1970, one for each entry. */
  readonly times_ms: readonly number[];
  /** How many entries have no readable time. They begin with the entry before them. */
  readonly unreadable: number;
}

const TIME = /^(\d{4}-\d\d-\d\d)[T ](\d{1,2})(:\d\d(?::\d\d(?:\.\d+)?)?) ?(Z|[+-]\d\d:?\d\d)?$/i;
/** Smaller numbers are seconds. */
const LEAST_MS = 1e11;
const MS_PER_S = 1_000;

/**
 * When entries began. Proxies also write hours of one digit, offsets without a colon, numbers, and no zone at all: such
 * a time is in the zone of the other entries.
 */
export function readStarts(values: readonly unknown[]): Starts {
  const zone = values.map(findZone).find((it) => it !== null) ?? 'Z';
  const read = values.map((value) => readTime_ms(value, zone));
  let last = read.find((time) => time !== null) ?? 0;
  const times_ms = read.map((time) => {
    last = time ?? last;
    return last;
  });
  return { times_ms, unreadable: read.filter((time) => time === null).length };
}

function findZone(value: unknown): string | null {
  return (typeof value === 'string' && TIME.exec(value)?.[4]) || null;
}

function readTime_ms(value: unknown, zone: string): number | null {
  if (typeof value === 'number') return toTime_ms(value < LEAST_MS ? value * MS_PER_S : value);
  if (typeof value !== 'string') return null;
  const [, date, hour = '', rest, own_zone = zone] = TIME.exec(value) ?? [];
  // Other forms, such as JavaScript's Date, may be read by Date.parse too.
  if (!date) return toTime_ms(Date.parse(value));
  return toTime_ms(
    Date.parse(`${date}T${hour.padStart(2, '0')}${rest}${own_zone.replace(/(\d\d):?(\d\d)$/, '$1:$2')}`),
  );
}

/** @returns null for what is no time */
function toTime_ms(time_ms: number): number | null {
  return Number.isNaN(new Date(time_ms).getTime()) ? null : time_ms;
}
