/** Telemetry in words, for every output. */
import { bytesText, number } from './format.ts';
import { unitValue } from './metric-text.ts';
import type { TelemetryIdentity, TelemetryUnit } from './telemetry.ts';

/** `20`, `87 %`, `41 ms`, `1.5 MiB`. The mean of counts is no whole number. */
export function telemetryValue(unit: TelemetryUnit, value: number): string {
  if (unit === 'bytes') return bytesText(value);
  return unit === 'count' ? number(value) : unitValue(unit, value);
}

/** `connections in use`, `connections in use of api-1` */
export function telemetryName({ series, instance }: Pick<TelemetryIdentity, 'series' | 'instance'>): string {
  return instance === '' ? series : `${series} of ${instance}`;
}
