/** Stands in for `k6/data` in unit tests. */
export class SharedArray {
  constructor(_name: string, read: () => unknown[]) {
    // biome-ignore lint/correctness/noConstructorReturn: as in k6, what is made is an array.
    return read() as never;
  }
}
