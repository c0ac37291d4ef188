/** What all dashboards have in common: uid, tags, links to each other, annotations. */
import {
  AnnotationQueryBuilder,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  type Panel,
  type RowPanel,
  TimePickerBuilder,
  type VariableModel,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { type DashboardKey, GRAFANA } from '../../contract/grafana.ts';
import { VARIABLE } from './flux.ts';
import { datasourceRef, target } from './panels.ts';

export interface DashboardText {
  readonly description: string;
  readonly refresh: string;
  /** Shown when it is opened. */
  readonly from: string;
}

/** A dashboard with everything that does not depend on what it shows. */
export function loadstarDashboard(key: DashboardKey, { description, refresh, from }: DashboardText): DashboardBuilder {
  const { uid, title } = GRAFANA.dashboards[key];
  const dashboard = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags(['loadstar', 'k6'])
    .refresh(refresh)
    .time({ from, to: 'now' })
    .timepicker(new TimePickerBuilder().refreshIntervals(['5s', '10s', '30s', '1m']))
    .tooltip(DashboardCursorSync.Crosshair)
    .readonly();
  for (const other of Object.keys(GRAFANA.dashboards) as DashboardKey[]) {
    if (other !== key) dashboard.link(linkTo(other));
  }
  return dashboard;
}

/** Variables have the same names everywhere, so run and scenario go along, and so does the time. */
function linkTo(key: DashboardKey): DashboardLinkBuilder {
  const { uid, file, title } = GRAFANA.dashboards[key];
  return new DashboardLinkBuilder(title.replace('k6 · ', ''))
    .type(DashboardLinkType.Link)
    .url(`/d/${uid}/${file}`)
    .icon('dashboard')
    .tooltip(title)
    .includeVars(true)
    .keepTime(key !== 'runs' && key !== 'slos');
}

/** Numbers the panels in their order: alert rules and links name them by number. */
export function built(dashboard: DashboardBuilder): Dashboard {
  const model = dashboard.build();
  const panels = (model.panels ?? []).map((panel, index) => ({ ...dropFooter(panel), id: index + 1 }));
  return {
    ...model,
    panels,
    links: (model.links ?? []).map(dropPlacement),
    annotations: { list: (model.annotations?.list ?? []).map(dropPlacement) },
    templating: { list: (model.templating?.list ?? []).map(dropIntervalDefaults) },
  };
}

/*
 * The SDK writes defaults that nobody asked for. Some of them are unknown to a supported version of Grafana, or change
 * what it shows: tests/grafana-types.test.ts compares the dashboards with the schemas of all of them.
 */

/** Versions that know the placement move links and annotations from the top of the dashboard into a menu. */
function dropPlacement<T extends { placement?: unknown }>({ placement: _, ...shown }: T): Omit<T, 'placement'> {
  return shown;
}

/** The footer of tables is no option from Grafana 12 on. */
function dropFooter(panel: Panel | RowPanel): Panel | RowPanel {
  if (!('options' in panel) || !panel.options) return panel;
  const { footer: _, ...options } = panel.options as Record<string, unknown>;
  return { ...panel, options };
}

/** They belong to variables of intervals, of which there are none. */
function dropIntervalDefaults({ auto: _, auto_min: __, auto_count: ___, ...variable }: VariableModel): VariableModel {
  return variable;
}

export function annotation(name: string, colour: string, flux: string): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name(name)
    .datasource(datasourceRef)
    .enable(true)
    .iconColor(colour)
    .target(target(flux, 'Anno'));
}

/** Deploys of the project's application, which CI reports to Grafana itself. */
export function deployAnnotation(): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name('Deployments')
    .datasource({ type: 'grafana', uid: '-- Grafana --' })
    .enable(true)
    .iconColor('purple')
    .target({
      build: () =>
        ({
          refId: 'Deploys',
          type: 'tags',
          tags: [GRAFANA.deploy_tag, `\${${VARIABLE.project}}`],
          matchAny: false,
          limit: 100,
        }) as never,
    });
}

/** A link of a cell or point. `query` may hold Grafana's own variables. */
export function dataLink(key: DashboardKey, title: string, query: string) {
  const { uid, file } = GRAFANA.dashboards[key];
  return { id: 'links', value: [{ title, url: `/d/${uid}/${file}?${query}` }] };
}
