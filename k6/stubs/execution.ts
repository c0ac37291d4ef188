/** Stands in for `k6/execution` in unit tests; a test counts the iterations. */
const exec = { vu: { idInTest: 1, iterationInInstance: 0 }, scenario: { iterationInTest: 0 } };

export function iterate(): void {
  exec.vu.iterationInInstance += 1;
  exec.scenario.iterationInTest += 1;
}

export default exec;
