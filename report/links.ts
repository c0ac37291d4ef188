import { type DashboardKey, GRAFANA } from '../contract/grafana.ts';
import { SIDE } from '../grafana/dashboards/compare/queries.ts';

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

/** The dashboard that holds a run against an earlier one. */
export function compareLink(grafana: string, testid: string, against: string): string {
  const query = new URLSearchParams({ [`var-${SIDE.B}`]: testid, [`var-${SIDE.A}`]: against });
  return `${dashboardUrl(grafana, 'compare')}?${query}`;
}

/** The live dashboard, at the newest run. */
export function liveDashboardUrl(grafana: string): string {
  return dashboardUrl(grafana, 'live');
}

function dashboardUrl(grafana: string, key: DashboardKey): string {
  const { uid, file } = GRAFANA.dashboards[key];
  return `${grafana.replace(/\/+$/, '')}/d/${uid}/${file}`;
}
