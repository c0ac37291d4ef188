/**
 * Default ports, all on the loopback address. Far from the usual 3000, 8080 and 8086, so that a team's own app,
 * Grafana or InfluxDB can stay up beside Loadstar. Each has an environment variable (contract/env.ts).
 */
export const LOOPBACK = '127.0.0.1';

export const PORTS = {
  influxdb: 18086,
  grafana: 13000,
  demo: 18080,
  /** k6's own web dashboard, through our proxy. */
  live_view: 15665,
  /** Slack messages arrive here where there is no Slack. */
  inbox: 15680,
} as const;

export type PortName = keyof typeof PORTS;
