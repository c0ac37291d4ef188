/** How several generators share the load of one run. */

/** The part of a run that one k6 process makes. */
export interface Share {
  /** Its `instance` tag. */
  readonly instance: string;
  /** For k6; none where it makes the whole load. */
  readonly args: readonly string[];
  /** The one that k6's own live view is of. */
  readonly is_first: boolean;
}

const NO_THRESHOLDS = '--no-thresholds';
/** k6 keeps what it measures for thresholds or a summary (v1.8.1 and v2.2.0, internal/cmd/run.go). */
const FORGETFUL = ['--summary-mode', 'disabled'];

/**
 * k6's execution segments: users and arrivals are dealt out so that all shares together make exactly the load of one
 * process, also of iterations whose number is fixed, and no user's number is given twice.
 * https://grafana.com/docs/k6/latest/using-k6/k6-options/reference/#execution-segment
 * @param is_forgetful k6 must not keep what it measures until its end
 */
export function splitShares(host: string, instances: number, is_forgetful = false): Share[] {
  const forgetful = is_forgetful ? FORGETFUL : [];
  if (instances === 1)
    return [{ instance: host, args: is_forgetful ? [NO_THRESHOLDS, ...forgetful] : [], is_first: true }];
  const bound = (index: number) => (index === 0 ? '0' : index === instances ? '1' : `${index}/${instances}`);
  const bounds = Array.from({ length: instances + 1 }, (_, index) => bound(index));
  return Array.from({ length: instances }, (_, index) => ({
    instance: `${host}-${index + 1}`,
    args: [
      '--execution-segment',
      `${bounds[index]}:${bounds[index + 1]}`,
      '--execution-segment-sequence',
      bounds.join(','),
      // A process sees its own share alone: whether an SLO holds is for the merged data to say, and when to end the run too.
      NO_THRESHOLDS,
      ...forgetful,
    ],
    is_first: index === 0,
  }));
}
