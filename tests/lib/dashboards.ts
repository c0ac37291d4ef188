/** The dashboards as Grafana gets them, and their queries as it sends them. */

import { PROTOCOLS, type ProtocolName } from '../../contract/k6-metrics.ts';
import { OWN_PROJECT } from '../../contract/project-name.ts';
import { VARIABLE } from '../../grafana/builder/flux.ts';
import { SIDE } from '../../grafana/dashboards/compare/queries.ts';
import { provisioningFiles } from '../../grafana/generate.ts';

export interface Panel {
  readonly type: string;
  readonly title?: string;
  readonly description?: string;
  readonly fieldConfig?: { defaults?: { unit?: string; noValue?: string } };
  readonly targets?: readonly { readonly refId: string; readonly query: string }[];
  readonly panels?: readonly Panel[];
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly Panel[];
  readonly templating?: {
    readonly list: readonly { readonly name: string; readonly query: { readonly query: string } }[];
  };
  readonly annotations?: { readonly list?: readonly { readonly name: string; readonly target?: { query?: string } }[] };
}

export const dashboards: Dashboard[] = [...provisioningFiles(OWN_PROJECT)]
  .filter(([name]) => name.startsWith('dashboards/') && name.endsWith('.json'))
  .map(([, text]) => JSON.parse(text) as Dashboard);
export const panelsOf = (dashboard: Pick<Dashboard, 'panels'>) =>
  dashboard.panels
    .flatMap((panel) => [panel, ...(panel.panels ?? [])])
    .filter((panel) => panel.type !== 'row' && panel.type !== 'text');
/** Everything that a dashboard asks, by what asks it. */
export function queriesOf(dashboard: Dashboard): (readonly [string, string])[] {
  const panels = panelsOf(dashboard).flatMap((panel) =>
    (panel.targets ?? []).map(({ refId, query }) => [`${panel.title} ${refId}`, query] as const),
  );
  const variables = (dashboard.templating?.list ?? []).map(
    ({ name, query }) => [`variable ${name}`, query.query] as const,
  );
  const annotations = (dashboard.annotations?.list ?? []).flatMap(({ name, target }) =>
    target?.query ? [[`annotation ${name}`, target.query] as const] : [],
  );
  return [...panels, ...variables, ...annotations];
}

/** What somebody has chosen at the top of a dashboard. */
export interface Selection {
  /** Left out: {@link OWN_PROJECT}. */
  readonly project?: string;
  readonly run: string;
  /** The other side of a comparison. */
  readonly against: string;
  /** Left out: HTTP. */
  readonly protocol?: ProtocolName;
  readonly scenario: string;
  readonly target: string;
  readonly from: Date;
  readonly to: Date;
  /** As Grafana would choose it for the width of a panel. */
  readonly step: string;
}

/** A query as Grafana would send it. */
export function interpolated(flux: string, selection: Selection): string {
  const { project = OWN_PROJECT, run, against, protocol = 'http', scenario, target, from, to, step } = selection;
  return flux
    .replaceAll(`\${${VARIABLE.project}}`, project)
    .replaceAll('v.timeRangeStart', from.toISOString())
    .replaceAll('v.timeRangeStop', to.toISOString())
    .replaceAll('v.windowPeriod', step)
    .replaceAll(`\${${VARIABLE.run}}`, run)
    .replaceAll(`\${${SIDE.A}}`, against)
    .replaceAll(`\${${VARIABLE.protocol}}`, PROTOCOLS[protocol].prefix)
    .replace(/\$\{(scenario|request|component):regex\}/g, '.*')
    .replaceAll(`\${scenario}`, scenario)
    .replaceAll(`\${profile}`, 'smoke')
    .replaceAll(`\${target}`, target);
}
