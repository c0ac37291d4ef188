import type { RunId } from '../../contract/runs.ts';

/** No vowels, so no words; no 0/1/l, so no misreading. */
const ALPHABET = 'bcdfghjkmnpqrstvwxz23456789';
const RANDOM_LENGTH = 4;

/**
 * `20261124T104523Z-search-smoke-x7kq`: sorts by time, says what ran, and is unique where two start in one second.
 * @param random in [0, 1), asked for once a character.
 */
export function runId(started: Date, scenario: string, profile: string, random: () => number = Math.random): RunId {
  const time = started.toISOString().replace(/[-:]|\.\d+/g, '');
  const characters = Array.from({ length: RANDOM_LENGTH }, () => ALPHABET[Math.floor(random() * ALPHABET.length)]);
  return `${time}-${scenario}-${profile}-${characters.join('')}`;
}
