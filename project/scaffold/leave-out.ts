import { type DraftCall, listNeeds } from './draft.ts';
import { nameOf } from './render.ts';
import type { Drafted } from './source.ts';

/**
 * Leaves out requests, and those that need a value of their answers.
 * @param reasons by name of the request
 */
export function leaveOut({ draft, notes, origin }: Drafted, reasons: ReadonlyMap<string, string>): Drafted {
  const left_out = new Map<string, string>();
  const kept_by = new Map<string, string>();
  const given = new Set<string>();
  const isLeft = (call: DraftCall): boolean => {
    const name = nameOf(call);
    const missing = listNeeds(call).find((need) => !given.has(need));
    const reason =
      reasons.get(name) ?? (missing !== undefined ? `needs a value of ${kept_by.get(missing)}` : undefined);
    for (const keep of call.keeps) kept_by.set(keep.name, kept_by.get(keep.name) ?? name);
    if (reason === undefined) for (const keep of call.keeps) given.add(keep.name);
    else left_out.set(name, reason);
    return reason === undefined;
  };
  const steps = draft.steps.map((step) => ({ ...step, calls: step.calls.filter(isLeft) }));
  return {
    draft: { ...draft, steps: steps.filter(({ calls }) => calls.length > 0) },
    notes: [...notes, ...[...left_out].map(([name, reason]) => `left out: ${name}: ${reason}`)],
    origin,
  };
}
