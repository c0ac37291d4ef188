/** The runbook where alerts lead to: whoever can open the link of a message can read it, without a checkout. */
import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder as TextBuilder, TextMode } from '@grafana/grafana-foundation-sdk/text';
import { GRAFANA } from '../../../contract/grafana.ts';
import { loadstarDashboard } from '../../builder/dashboard.ts';
import { HALF } from '../../builder/panels.ts';
import { EVER } from '../../builder/records.ts';
import { RUNBOOK_FILE, runbookSections } from '../../builder/runbook.ts';
import { projectVariable } from '../../builder/scope.ts';

/** The longest section fits. */
const TALL = 11;

export function runbookDashboard(): DashboardBuilder {
  const dashboard = loadstarDashboard('runbook', {
    description: `What to do when an alert arrives. The same as ${RUNBOOK_FILE}.`,
    refresh: '',
    from: 'now-1h',
  });
  // Links to the other dashboards take it along.
  dashboard.withVariable(projectVariable(EVER));
  for (const { title, markdown } of runbookSections()) {
    dashboard.withPanel(
      new TextBuilder()
        .title(title)
        .description(`What to do about the alert: ${title}.`)
        .mode(TextMode.Markdown)
        .content(markdown)
        .height(TALL)
        .span(HALF),
    );
  }
  return dashboard;
}

/** The panel of a section, alone on the page, below Grafana's address. @throws Error for a section that is not there */
export function runbookPath(anchor: string): string {
  const { uid, file } = GRAFANA.dashboards.runbook;
  const place = runbookSections().findIndex((section) => section.anchor === anchor);
  if (place < 0) throw new Error(`expected a section "${anchor}" in ${RUNBOOK_FILE}`);
  // Panels are numbered in their order, from 1 (grafana/builder/dashboard.ts).
  return `d/${uid}/${file}?viewPanel=panel-${place + 1}`;
}
