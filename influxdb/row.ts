import { RECORD_FORMAT } from '../contract/formats.ts';
import { COMPARED_METRICS, TREND_METRICS } from '../contract/metrics.ts';
import type { GeneratorEffects } from '../contract/results.ts';
import { generatorEffectField, shiftField } from '../contract/runs.ts';

/** A record as a query gives it: a column a field. */
export type Row = Readonly<Record<string, string | number | boolean | undefined>>;

/** Reads the columns of a record. */
export function reading(row: Row) {
  const text = (name: string): string => String(row[name] ?? '');
  const number = (name: string): number | null => (typeof row[name] === 'number' ? row[name] : null);
  const shifts = TREND_METRICS.flatMap((metric) => {
    const shift = number(shiftField(metric));
    return shift ? [[metric, shift] as const] : [];
  });
  const effects = COMPARED_METRICS.flatMap((metric) => {
    const effect = number(generatorEffectField(metric));
    return effect === null ? [] : [[metric, effect] as const];
  });
  return {
    text,
    /** Where another record of the answer has the field, this one has an empty text. */
    maybeText: (name: string): string | null => text(name) || null,
    number,
    shifts,
    /** null where the record does not say. */
    generator_effects: effects.length > 0 ? (Object.fromEntries(effects) as GeneratorEffects) : null,
  };
}

/** A later version of Loadstar has written a record: this one might misread it. */
export class LaterRecordError extends Error {
  readonly testid: string;
  readonly format: number;

  constructor(testid: string, format: number) {
    super(`the record of ${testid} has the format ${format}, of a later version of loadstar`);
    this.name = 'LaterRecordError';
    this.testid = testid;
    this.format = format;
  }
}

/** @throws LaterRecordError */
export function requireKnownRecords(rows: readonly Row[]): void {
  for (const { testid, format } of rows) {
    if (typeof format === 'number' && format > RECORD_FORMAT) throw new LaterRecordError(String(testid), format);
  }
}
