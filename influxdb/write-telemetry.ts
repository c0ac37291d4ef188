/** Stores telemetry as Telegraf does (contract/telemetry.ts). */
import { Point } from '@influxdata/influxdb-client';
import { BUCKETS } from '../contract/buckets.ts';
import { TELEMETRY_POINT, type TelemetrySeries } from '../contract/telemetry.ts';
import type { InfluxConnection } from './connection.ts';
import { writePoints } from './write-records.ts';

const { measurement, tags, fields } = TELEMETRY_POINT;
const POINTS_AT_ONCE = 5_000;

/**
 * Writes series of a run. The same point twice is one point, so a later answer may hold the earlier ones too.
 * @throws whatever the client throws when InfluxDB does not take them
 */
export async function writeTelemetry(
  connection: InfluxConnection,
  testid: string,
  series: readonly TelemetrySeries[],
): Promise<void> {
  const points = series.flatMap((one) => pointsOf(testid, one));
  for (let from = 0; from < points.length; from += POINTS_AT_ONCE) {
    await writePoints(connection, BUCKETS.target, points.slice(from, from + POINTS_AT_ONCE));
  }
}

function pointsOf(testid: string, { component, series, kind, unit, instance, points }: TelemetrySeries): Point[] {
  return points.map(({ at_ms, value, limit }) => {
    const point = new Point(measurement)
      .tag(tags.testid, testid)
      .tag(tags.component, component)
      .tag(tags.series, series)
      .tag(tags.kind, kind)
      .tag(tags.unit, unit)
      .floatField(fields.value, value)
      .timestamp(at_ms);
    if (instance !== '') point.tag(tags.instance, instance);
    if (limit !== null) point.floatField(fields.limit, limit);
    return point;
  });
}
