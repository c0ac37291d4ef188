/** The kind of machine that makes the load: figures of two kinds of machines differ without any change of the target. */
import type { MachineReport } from '../contract/output-report.ts';

/** How people say it, and what only the caller's environment knows. */
export interface MachineSettings {
  /** LOADSTAR_MACHINE: a name for the kind, or {@link ANY_MACHINE}; null: as k6 finds it. */
  readonly given: string | null;
  /** Image of the CI runner that k6 runs on; null: none, or k6 runs elsewhere. */
  readonly image: string | null;
}

/** Value of LOADSTAR_MACHINE: the run is comparable with runs of every kind. */
export const ANY_MACHINE = 'any';

const BYTES_PER_GB = 2 ** 30;

/**
 * CPU model, cores and memory of where k6 ran, and the runner's image. Host names are no part of it.
 * @param found what the `loadstar` output says; null if it did not run, or did not come to its end
 * @returns null: unknown, or every kind will do
 */
export function machineKind({ given, image }: MachineSettings, found: MachineReport | null): string | null {
  if (given !== null) return given === ANY_MACHINE ? null : given;
  if (!found) return null;
  const { cpu_model, cores, memory_bytes } = found;
  const model = cpu_model.replace(/\((?:R|TM|tm)\)/g, '').replace(/\s+/g, ' ');
  const words = [model.trim(), `${cores} ${cores === 1 ? 'core' : 'cores'}`, memoryWords(memory_bytes), image];
  return words.filter(Boolean).join(', ');
}

/**
 * The size that the machine is sold with: the next of 1, 1.5, 2, 3, 4, 6, 8, 12… GB. What the kernel keeps for itself, 1 to
 * 4 %, differs by some MB from machine to machine.
 */
function memoryWords(bytes: number): string | null {
  if (bytes <= 0) return null;
  const power = 2 ** Math.floor(Math.log2(bytes / BYTES_PER_GB));
  const size = [power, 1.5 * power, 2 * power].find((gb) => bytes <= gb * BYTES_PER_GB);
  return `${size} GB`;
}

/**
 * Several machines of a run as one: of one kind it is that kind, otherwise their models and the least of each.
 * @returns null if none is known
 */
export function mergeMachines(all: readonly (MachineReport | null)[]): MachineReport | null {
  const known = all.filter((it) => it !== null);
  if (known.length === 0) return null;
  return {
    cpu_model: [...new Set(known.map(({ cpu_model }) => cpu_model))].sort().join(' + '),
    cores: Math.min(...known.map(({ cores }) => cores)),
    memory_bytes: Math.min(...known.map(({ memory_bytes }) => memory_bytes)),
  };
}

/** Runs of an unknown kind, such as those from before it was recorded, are comparable with all. */
export function isSameMachine(a: string | null | undefined, b: string | null | undefined): boolean {
  return !a || !b || a === b;
}
