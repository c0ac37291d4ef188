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

/** Of a merger in a network where nobody else has the port. */
export const MERGER_PORT = 8087;

export type PortName = keyof typeof PORTS;

const LOOPBACK_HOST = /^(127(\.\d{1,3}){3}|localhost|\[::1\])(:\d{1,5})?$/i;

/**
 * Whether a request's Host header names this machine. A page on the internet whose name begins to point to loopback (DNS
 * rebinding) has its own name there.
 * @param more other names that we are reached by, without port
 */
export function isOurHost(header: string | undefined, more: readonly string[] = []): boolean {
  if (header === undefined) return false;
  return LOOPBACK_HOST.test(header) || more.includes(header.replace(/:\d{1,5}$/, '').toLowerCase());
}
