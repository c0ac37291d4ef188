import { JUDGED_FIELD, JUDGED_METRICS, type JudgedMetric } from '../contract/runs.ts';

/** A record as a query gives it: a column a field. */
export type Row = Readonly<Record<string, string | number | boolean | undefined>>;

/** Reads the columns of a record. */
export function reading(row: Row) {
  const text = (name: string): string => String(row[name] ?? '');
  const number = (name: string): number | null => (typeof row[name] === 'number' ? row[name] : null);
  const shifts = (Object.keys(JUDGED_METRICS) as JudgedMetric[]).flatMap((metric) => {
    const shift = number(JUDGED_FIELD.shift(metric));
    return shift ? [[metric, shift] as const] : [];
  });
  return {
    text,
    /** Where another record of the answer has the field, this one has an empty text. */
    maybeText: (name: string): string | null => text(name) || null,
    number,
    shifts,
  };
}
