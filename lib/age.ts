/** A retention without an end. */
export const FOREVER = 'forever';

const AGE = /^(?<count>\d{1,5})(?<unit>[hdw])$/;
const UNIT_S: Readonly<Record<string, number>> = { h: 3_600, d: 86_400, w: 7 * 86_400 };

/** Parses `12h`, `90d` or `2w`. @returns seconds; null if the text is no age */
export function parseAge_s(text: string): number | null {
  const age = AGE.exec(text)?.groups;
  const seconds = Number(age?.count) * (UNIT_S[age?.unit ?? ''] ?? 0);
  return seconds > 0 ? seconds : null;
}

/** Writes `90d` or `12h`; 0 is `forever`. */
export function ageText(seconds: number): string {
  if (seconds === 0) return FOREVER;
  const whole = ['d', 'h'].find((unit) => seconds % (UNIT_S[unit] ?? 1) === 0);
  return whole ? `${seconds / (UNIT_S[whole] ?? 1)}${whole}` : `${seconds} s`;
}
