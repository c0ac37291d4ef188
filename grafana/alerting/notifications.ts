/** Contact point, notification policy, mute timing and message template. */
import { ALERTING } from '../../contract/alerting.ts';
import { CHANNELS, type Channel, type ChannelName, grafanaVariable } from '../../contract/channels.ts';
import { GRAFANA } from '../../contract/grafana.ts';
import { VARIABLE } from '../builder/flux.ts';
import { fitUid } from './names.ts';

const { product, project_label, planned, receiver, template } = ALERTING;

const title = `{{ template "${template}.title" . }}`;
const text = `{{ template "${template}.text" . }}`;

/**
 * One contact point with an integration for each channel that is on. Addresses and keys come from Grafana's environment:
 * they are secrets. Channels that are off are deleted, or Grafana would keep those of an earlier start.
 */
export function contactPointFile(on: readonly ChannelName[]): object {
  const off = (Object.keys(CHANNELS) as ChannelName[]).filter((name) => !on.includes(name));
  return {
    apiVersion: 1,
    contactPoints: [
      {
        orgId: 1,
        name: receiver,
        receivers: on.map((channel) => integration(channel, receiver)),
      },
    ],
    deleteContactPoints: off.map((name) => ({ orgId: 1, uid: uidOf(name, receiver) })),
  };
}

/** One integration of the contact point. */
export interface Integration {
  readonly uid: string;
  readonly type: string;
  readonly disableResolveMessage: boolean;
  readonly settings: Readonly<Record<string, unknown>>;
}

function uidOf(name: ChannelName, of: string): string {
  return fitUid(`${of}-${name}`);
}

/** @param of the contact point's name */
export function integration(name: ChannelName, of: string): Integration {
  const channel: Channel = CHANNELS[name];
  const settings = Object.entries(channel.settings).map(([name, variable]) => [name, `$${grafanaVariable(variable)}`]);
  return {
    uid: uidOf(name, of),
    type: channel.type,
    // A series that disappears is a run that ended. The message at the end of the run reports recovery.
    disableResolveMessage: true,
    settings: {
      ...Object.fromEntries(settings),
      [channel.title]: title,
      // PagerDuty takes its text as a table.
      [channel.text]: channel.text === 'details' ? { text } : text,
    },
  };
}

/** The policy of a Grafana that Loadstar starts: all alerts have one contact point. */
export function policyFile(): object {
  const routes = [policyBranch(receiver, [[product.label, '=', product.value]])];
  return { apiVersion: 1, policies: [{ orgId: 1, receiver, group_by: ['testid'], routes }] };
}

/** A label, `=`, and its value. */
export type Matcher = readonly [string, '=', string];

/** The alerts of a project, in a Grafana that several use. */
export function projectMatchers(project: string): Matcher[] {
  return [
    [product.label, '=', product.value],
    [project_label, '=', project],
  ];
}

/** Each run has one message, sent at once, and updates of it. @param to name of a contact point */
export function policyBranch(to: string, matchers: readonly Matcher[]) {
  return {
    receiver: to,
    object_matchers: matchers,
    group_by: ['testid'],
    group_wait: '0s',
    // Grafana sends an update only if another alert fires, so the update should come soon.
    group_interval: '10s',
    repeat_interval: '4h',
    routes: [
      {
        receiver: to,
        object_matchers: [[planned.label, '=', planned.value] satisfies Matcher],
        mute_time_intervals: [planned.mute_timing],
      },
    ],
  };
}

/** A mute timing that is always active: Grafana shows the alerts that it applies to, and sends no notification. */
export function muteTimingFile(): object {
  return {
    apiVersion: 1,
    muteTimes: [
      {
        orgId: 1,
        name: planned.mute_timing,
        time_intervals: [{ times: [{ start_time: '00:00', end_time: '24:00' }] }],
      },
    ],
  };
}

/** The link opens the dashboard this long before the first alert, so that it shows what led to it. */
const LEAD_MS = 5 * 60_000;
const NS_PER_MS = 1_000_000;

/**
 * Slack's own markup: <url|text>, and code, in which Slack reads no other markup. The run's id is what somebody wrote
 * into InfluxDB: whatever is no id of ours would be markup, or mention a channel. Functions: https://grafana.com/docs/grafana/latest/alerting/
 */
export function templateFile(): object {
  const live = `${GRAFANA.dashboards.live.uid}/${GRAFANA.dashboards.live.file}`;
  // Firing alerts are sorted by their labels, not by time: each says when it began, and the link begins with the earliest.
  return {
    apiVersion: 1,
    templates: [
      {
        orgId: 1,
        name: template,
        template: `{{ define "${template}.run" -}}
{{ reReplaceAll "[^A-Za-z0-9._-]" "_" .CommonLabels.testid }}
{{- end }}
{{ define "${template}.plain" -}}
{{ reReplaceAll "[[:space:]]+" " " . | reReplaceAll "\`" "‘" | reReplaceAll "&" "&amp;" | reReplaceAll "<" "&lt;" | reReplaceAll ">" "&gt;" }}
{{- end }}
{{ define "${template}.name" -}}
\`{{ template "${template}.plain" . }}\`
{{- end }}
{{ define "${template}.title" -}}
{{ with .CommonLabels.${project_label} }}{{ . }}: {{ end }}{{ len .Alerts.Firing }} alert{{ if gt (len .Alerts.Firing) 1 }}s{{ end }} in run {{ template "${template}.run" . }}
{{- end }}
{{ define "${template}.text" -}}
{{ $first := (index .Alerts.Firing 0).StartsAt -}}
{{ range .Alerts.Firing -}}
{{ if .StartsAt.Before $first }}{{ $first = .StartsAt }}{{ end -}}
{{ template "${template}.name" .Annotations.summary }}: {{ .Annotations.observed }}, limit {{ template "${template}.plain" .Annotations.limit }} ({{ .Labels.severity }}, since {{ .StartsAt.UTC.Format "15:04:05" }} UTC)
<{{ .GeneratorURL }}|rule> · <{{ .SilenceURL }}|silence> · <{{ .Annotations.runbook_url }}|what to do>
{{ end -}}
<{{ .ExternalURL }}d/${live}?{{ with .CommonLabels.${project_label} }}var-${VARIABLE.project}={{ . }}&{{ end }}var-testid={{ template "${template}.run" . }}&from={{ ($first.Add -${LEAD_MS * NS_PER_MS}).UnixMilli }}&to=now|Live dashboard of this run>
{{- end }}
`,
      },
    ],
  };
}
