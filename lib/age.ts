/** What keeps without an end. */
export const FOREVER = 'forever';

const AGE = /^(?<count>\d{1,5})(?<unit>[hdw])$/;
const UNIT_S: Readonly<Record<string, number>> = { h: 3_600, d: 86_400, w: 7 * 86_400 };

/** `12h`, `90d`, `2w`. @returns seconds; null where the text is none */
export function parseAge_s(text: string): number | null {
  const age = AGE.exec(text)?.groups;
  const seconds = Number(age?.count) * (UNIT_S[age?.unit ?? ''] ?? 0);
  return seconds > 0 ? seconds : null;
}

/** `90d`, `12h`; 0 is `forever`. */
export function ageText(seconds: number): string {
  if (seconds === 0) return FOREVER;
  const whole = ['d', 'h'].find((unit) => seconds % (UNIT_S[unit] ?? 1) === 0);
  return whole ? `${seconds / (UNIT_S[whole] ?? 1)}${whole}` : `${seconds} s`;
}
