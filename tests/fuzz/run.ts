import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { FuzzTarget } from './targets.ts';

export interface FuzzResult {
  readonly name: string;
  readonly tried: number;
  /** null: nothing was found. */
  readonly fault: string | null;
  /** CPU time of the slowest input, ms. */
  readonly slowest_ms: number;
}

/** A reader that needs more CPU for what fits into the sizes of hostile.ts has a regular expression or a loop that explodes. */
const TOO_SLOW_MS = 10_000;
const US_PER_MS = 1_000;

/**
 * Tries so many inputs. Each one also has to leave the prototypes, and what lies beside its directory, alone.
 * @param within_ms after so long no further input is begun, nor a smaller one looked for that fails too
 */
export async function fuzz(
  { name, inputs, check }: FuzzTarget,
  runs: number,
  seed: number,
  within_ms?: number,
): Promise<FuzzResult> {
  const place = mkdtempSync(join(tmpdir(), 'loadstar-fuzz-'));
  const directory = mkdtempSync(join(place, 'in-'));
  const beside = readdirSync(place);
  let slowest_ms = 0;
  const property = fc.asyncProperty(inputs, async (input) => {
    const began = process.cpuUsage();
    await check(input, directory);
    const { user, system } = process.cpuUsage(began);
    const took_ms = (user + system) / US_PER_MS;
    slowest_ms = Math.max(slowest_ms, took_ms);
    if (took_ms > TOO_SLOW_MS) throw new Error(`took ${took_ms.toFixed(0)} ms of CPU`);
    const polluted = Object.keys(Object.getOwnPropertyDescriptors(Object.prototype)).length !== PROTOTYPE_SIZE;
    if (polluted || Object.isFrozen(Object.prototype)) throw new Error('Object.prototype is another one');
    if (readdirSync(place).join() !== beside.join()) throw new Error('wrote a file where it should not');
  });
  try {
    const limit = within_ms === undefined ? {} : { interruptAfterTimeLimit: within_ms };
    const found = await fc.check(property, { numRuns: runs, seed, endOnFailure: false, ...limit });
    // One that was interrupted before its first input was through has failed too, on nothing.
    const fault = found.counterexample
      ? `${found.errorInstance ?? 'failed'}\n  input: ${shown(found.counterexample)}`
      : null;
    return { name, tried: found.numRuns + found.numShrinks, fault, slowest_ms };
  } finally {
    rmSync(place, { recursive: true });
  }
}

const PROTOTYPE_SIZE = Object.keys(Object.getOwnPropertyDescriptors(Object.prototype)).length;
const MOST_SHOWN = 2_000;

function shown(counterexample: unknown): string {
  return fc.stringify(counterexample).slice(0, MOST_SHOWN);
}
