import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { NotifyWhen } from '../../contract/notify.ts';
import type { RunSummary } from '../../contract/results.ts';
import { REPORT_FILE } from '../../contract/run-files.ts';
import { RunStore } from '../../influxdb/runs.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Ui } from '../../lib/ui.ts';
import { slackMessage } from '../../report/slack/slack-message.ts';
import { cliConnection } from '../../stack/engine/cli-connection.ts';
import type { InfluxAccess } from '../../stack/engine/engine.ts';
import { isTold } from './policy.ts';
import { postToSlack, type SlackAddress } from './slack.ts';

export interface Telling {
  readonly notify: NotifyWhen;
  readonly slack: SlackAddress | null;
  readonly results_url: string | null;
  readonly results_dir: string;
  readonly stack: { readonly influx: InfluxAccess };
  readonly ui: Ui;
  readonly stop: AbortSignal;
  readonly force: AbortSignal;
}

/** Known before the message goes out: the record says so at once, and Grafana's alert on regressions keeps silent. */
export function willTell({ notify, slack }: Pick<Telling, 'notify' | 'slack'>, summary: RunSummary): boolean {
  return slack !== null && isTold(notify, summary);
}

/** Tells the end of a run, once. A message that cannot be delivered is said, taken back in the record, and fails nothing. */
export async function tell(telling: Telling, summary: RunSummary): Promise<void> {
  const { notify, slack, ui } = telling;
  if (!isTold(notify, summary)) return;
  if (slack === null) {
    ui.note('nobody was told of this run: set SLACK_WEBHOOK_URL to have its end in Slack');
    return;
  }
  // A run that was stopped is told of just that: the same signal must not keep the message.
  const stop = summary.stopped ? telling.force : telling.stop;
  try {
    await ui.step('telling Slack', () =>
      postToSlack(slack, slackMessage(summary, { report: reportPlace(telling, summary) }), stop),
    );
    if (slack.kind === 'inbox') ui.note(`told the local inbox, ${slack.page}: set SLACK_WEBHOOK_URL to tell Slack`);
  } catch (error) {
    ui.warn(`the end of the run could not be told in Slack: ${messageOf(error)}`);
    await takeBack(telling, summary);
  }
}

/** Where colleagues find it, else where it is on this machine. */
function reportPlace({ results_url, results_dir }: Telling, { testid }: RunSummary): string {
  if (results_url) return results_url;
  const directory = join(results_dir, testid);
  const report = join(directory, REPORT_FILE);
  return relative(join(results_dir, '..'), existsSync(report) ? report : directory);
}

async function takeBack({ stack, ui }: Telling, summary: RunSummary): Promise<void> {
  const run = {
    scenario: summary.scenario,
    profile: summary.profile,
    target: summary.target.name,
    branch: summary.app.branch,
    started: new Date(summary.started),
  };
  try {
    await new RunStore(cliConnection(stack.influx)).markNotified(run, false);
  } catch (error) {
    ui.warn(`the record of the run still says that somebody was told: ${messageOf(error)}`);
  }
}
