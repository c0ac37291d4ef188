import { type DashboardKey, GRAFANA } from '../contract/grafana.ts';
import { VARIABLE } from '../grafana/builder/flux.ts';
import { SIDE } from '../grafana/dashboards/compare/queries.ts';

/** Room around the run, so that its first and last points do not stick to the edge. */
const MARGIN_MS = 10_000;

/** What leads to a run. */
interface LinkedRun {
  /** Empty for a run from before there were projects. */
  readonly project: string;
  readonly testid: string;
  readonly started: Date;
}

/** The live dashboard at a run and its time. @param grafana Grafana's address, as whoever follows the link reaches it */
export function liveLink(grafana: string, { project, testid, started }: LinkedRun, ended: Date): string {
  const query = new URLSearchParams({
    ...ofProject(project),
    [`var-${VARIABLE.run}`]: testid,
    from: String(started.getTime() - MARGIN_MS),
    to: String(ended.getTime() + MARGIN_MS),
  });
  return `${dashboardUrl(grafana, 'live')}?${query}`;
}

/** The dashboard that holds a run against an earlier one. */
export function compareLink(
  grafana: string,
  { project, testid }: Pick<LinkedRun, 'project' | 'testid'>,
  against: string,
): string {
  const query = new URLSearchParams({ ...ofProject(project), [`var-${SIDE.B}`]: testid, [`var-${SIDE.A}`]: against });
  return `${dashboardUrl(grafana, 'compare')}?${query}`;
}

/** The live dashboard, at the newest run of a project. */
export function liveDashboardUrl(grafana: string, project: string): string {
  return `${dashboardUrl(grafana, 'live')}?${new URLSearchParams(ofProject(project))}`;
}

/** Dashboards open at the project of the newest run where none is named. */
function ofProject(project: string): Record<string, string> {
  return project === '' ? {} : { [`var-${VARIABLE.project}`]: project };
}

function dashboardUrl(grafana: string, key: DashboardKey): string {
  const { uid, file } = GRAFANA.dashboards[key];
  return `${grafana.replace(/\/+$/, '')}/d/${uid}/${file}`;
}
