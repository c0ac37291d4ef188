/** Why an operation is left out. The message follows its path. */
export class Unusable extends Error {
  /** What several operations are counted by. */
  readonly reason: string;

  /** @param detail what completes the reason for one operation, such as the name of a parameter */
  constructor(reason: string, detail = '') {
    super(reason + detail);
    this.reason = reason;
  }
}

/** @param instead what counts if the work finds something unusable, by its reason. Other errors are thrown */
export function tryUsable<T>(work: () => T, instead: (why: Unusable) => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof Unusable) return instead(error);
    throw error;
  }
}
