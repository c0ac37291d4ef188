import { Point } from '@influxdata/influxdb-client';

/**
 * A point of a record. It leaves empty texts out: Flux's `pivot` moves the values of a column that holds one to other
 * rows, mostly without an error (grafana/builder/flux.ts: NO_TEXT), and a verdict would stand beside another run.
 */
export class RecordPoint extends Point {
  override stringField(name: string, value: unknown): this {
    if (value !== '') super.stringField(name, value);
    return this;
  }
}
