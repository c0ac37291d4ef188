import { isSafeNumber, LosslessNumber, parse } from 'lossless-json';

/** Parses valid, shallow JSON. Numbers that JavaScript would round keep their digits, as LosslessNumber. */
export function parseExactJson(text: string): unknown {
  return parse(text, null, {
    parseNumber: (digits) => (isSafeNumber(digits) ? Number(digits) : new LosslessNumber(digits)),
    // As JSON.parse does: the last of equal keys counts.
    onDuplicateKey: ({ newValue }) => newValue,
  });
}
