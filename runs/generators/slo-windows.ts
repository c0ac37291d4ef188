/** Reads the windows of SLOs while a run goes on. */
import type { InfluxConnection } from '../../influxdb/connection.ts';
import { READABLE_AFTER_MS, SpanReader } from '../../influxdb/span.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Ui } from '../../lib/ui.ts';
import { measureWindow } from '../judge/part-results.ts';
import type { AbortWatch } from './abort-watch.ts';

export function sloWindows(connection: InfluxConnection, testid: string): Pick<AbortWatch, 'readable' | 'readWindow'> {
  const reader = new SpanReader(connection);
  return {
    async readable(since) {
      const newest = await reader.newest(testid, since);
      return newest && new Date(newest.getTime() - READABLE_AFTER_MS);
    },
    readWindow: (slo, span) => measureWindow(connection, testid, slo, span),
  };
}

export function warnOfNoAnswer(ui: Ui, error: unknown): void {
  ui.warn(`InfluxDB does not say whether the run should end (${messageOf(error)}): it goes on`);
}
