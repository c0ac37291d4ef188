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
import type { ResultContext } from '../judge/result-context.ts';
import { isNotified } from './policy.ts';
import { postToSlack, type SlackAddress } from './slack.ts';

export interface NotifyContext {
  readonly notify: NotifyWhen;
  readonly slack: SlackAddress | null;
  readonly results_url: string | null;
  readonly results: Pick<ResultContext, 'results_dir' | 'influx'>;
  readonly ui: Ui;
  readonly stop: AbortSignal;
  readonly force: AbortSignal;
}

/** Known before the message goes out: the record says so at once, and Grafana's alert on regressions keeps silent. */
export function willNotify({ notify, slack }: Pick<NotifyContext, 'notify' | 'slack'>, summary: RunSummary): boolean {
  return slack !== null && isNotified(notify, summary);
}

/** Notifies Slack of the end of a run, once. If the delivery fails, the record says so, and the run itself does not fail. */
export async function notify(context: NotifyContext, summary: RunSummary): Promise<void> {
  const { slack, ui } = context;
  if (!isNotified(context.notify, summary)) return;
  if (slack === null) {
    ui.note('no notification sent: set SLACK_WEBHOOK_URL to send one');
    return;
  }
  // A run that was stopped sends a message of just that: the same signal must not prevent it.
  const stop = summary.stopped ? context.force : context.stop;
  try {
    await ui.step('notifying Slack', () =>
      postToSlack(slack, slackMessage(summary, { report: reportAddress(context, summary) }), stop),
    );
    if (slack.kind === 'inbox')
      ui.note(`notification sent to the local inbox, ${slack.page}: set SLACK_WEBHOOK_URL to send it to Slack`);
  } catch (error) {
    ui.warn(`Slack could not be notified of the end of the run: ${messageOf(error)}`);
    await markNotNotified(context, summary);
  }
}

/** Where colleagues find it, else where it is on this machine. */
function reportAddress({ results_url, results: { results_dir } }: NotifyContext, { testid }: RunSummary): string {
  if (results_url) return results_url;
  const directory = join(results_dir, testid);
  const report = join(directory, REPORT_FILE);
  return relative(join(results_dir, '..'), existsSync(report) ? report : directory);
}

async function markNotNotified({ results, ui }: NotifyContext, summary: RunSummary): Promise<void> {
  const run = {
    project: summary.project ?? '',
    scenario: summary.scenario,
    profile: summary.profile,
    target: summary.target.name,
    branch: summary.app.branch,
    started: new Date(summary.started),
  };
  try {
    await new RunStore(cliConnection(results.influx)).markNotified(run, false);
  } catch (error) {
    ui.warn(`the record of the run still says that Slack was notified: ${messageOf(error)}`);
  }
}
