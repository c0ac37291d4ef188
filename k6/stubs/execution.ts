/** Stands in for `k6/execution` in unit tests. */
export default { vu: { idInTest: 1 } };
