/** The k6 outputs, by their names in OUTPUT. */
export interface OutputSpec {
  /** Name for `k6 run --out`. */
  readonly k6_name: string;
  readonly bucket: 'live' | 'raw';
  readonly schema: 'raw' | 'loadstar';
  readonly engines: readonly ('native' | 'docker')[];
  /**
   * Share of samples of a metric that may be missing before the run counts as incomplete. The stock outputs lose points
   * whose timestamps collide: 0.8 % in grafana/xk6-output-influxdb#31, rounded up.
   */
  readonly tolerance: number;
  readonly summary: string;
}

export const OUTPUTS = {
  loadstar: {
    k6_name: 'loadstar',
    bucket: 'live',
    schema: 'loadstar',
    engines: ['native', 'docker'],
    tolerance: 0,
    summary: "Loadstar's own output: aggregates in the generator, loses no sample",
  },
  influxdb: {
    k6_name: 'influxdb',
    bucket: 'raw',
    schema: 'raw',
    engines: ['native', 'docker'],
    tolerance: 0.01,
    summary: "k6's built-in output through InfluxDB's v1 API: one point per sample",
  },
  'xk6-influxdb': {
    k6_name: 'xk6-influxdb',
    bucket: 'raw',
    schema: 'raw',
    engines: ['docker'],
    tolerance: 0.01,
    summary: 'xk6-output-influxdb, in the Docker image only: one point per sample',
  },
} as const satisfies Record<string, OutputSpec>;

export type OutputName = keyof typeof OUTPUTS;

/** The output of a k6 without Loadstar's extension. */
export const FALLBACK_OUTPUT: OutputName = 'influxdb';

export const DEFAULT_OUTPUT: OutputName = 'loadstar';

/** The output that the verdict checks: Loadstar's own, which counts every sample, or else the first. */
export function judgedOutput(outputs: readonly OutputName[]): OutputName {
  return outputs.find((name) => OUTPUTS[name].schema === 'loadstar') ?? outputs[0] ?? 'loadstar';
}

/** How the variables begin that k6 hands to an output. */
export const OUTPUT_ENV = { influxdb: 'K6_INFLUXDB_', loadstar: 'K6_LOADSTAR_' } as const;
