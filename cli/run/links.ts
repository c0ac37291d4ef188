import { GRAFANA } from '../../contract/grafana.ts';

/** Room around the run, so that its first and last points do not stick to the edge. */
const MARGIN_MS = 10_000;

/** The live dashboard at a run and its time. @param grafana Grafana's address, as whoever follows the link reaches it */
export function liveLink(grafana: string, testid: string, started: Date, ended: Date): string {
  const query = new URLSearchParams({
    'var-testid': testid,
    from: String(started.getTime() - MARGIN_MS),
    to: String(ended.getTime() + MARGIN_MS),
  });
  return `${liveDashboardUrl(grafana)}?${query}`;
}

/** The live dashboard, at the newest run. */
export function liveDashboardUrl(grafana: string): string {
  const { uid, file } = GRAFANA.dashboards.live;
  return `${grafana.replace(/\/+$/, '')}/d/${uid}/${file}`;
}
