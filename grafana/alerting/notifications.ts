/** Where alerts go and what they say. */
import { ALERTING } from '../../contract/alerting.ts';
import { GRAFANA } from '../../contract/grafana.ts';

const { product, receiver, template } = ALERTING;

/** One contact point: Slack, or the local inbox that speaks Slack. The URL comes from the environment: it is a secret. */
export function contactPointFile(): object {
  return {
    apiVersion: 1,
    contactPoints: [
      {
        orgId: 1,
        name: receiver,
        receivers: [
          {
            uid: receiver,
            type: 'slack',
            // A series that vanishes is a run that ended. Recovery is told at the end of the run, by whoever ran it.
            disableResolveMessage: true,
            settings: {
              url: `$${GRAFANA.variables.slack_url}`,
              title: `{{ template "${template}.title" . }}`,
              text: `{{ template "${template}.text" . }}`,
            },
          },
        ],
      },
    ],
  };
}

/** A run is one message and its updates, told at once. */
export function policyFile(): object {
  return {
    apiVersion: 1,
    policies: [
      {
        orgId: 1,
        receiver,
        group_by: ['testid'],
        routes: [
          {
            receiver,
            object_matchers: [[product.label, '=', product.value]],
            group_by: ['testid'],
            group_wait: '0s',
            group_interval: '30s',
            repeat_interval: '4h',
          },
        ],
      },
    ],
  };
}

/** Slack's own markup: <url|text>. */
export function templateFile(): object {
  const live = `${GRAFANA.dashboards.live.uid}/${GRAFANA.dashboards.live.file}`;
  return {
    apiVersion: 1,
    templates: [
      {
        orgId: 1,
        name: template,
        template: `{{ define "${template}.title" -}}
{{ len .Alerts.Firing }} alert{{ if gt (len .Alerts.Firing) 1 }}s{{ end }} in run {{ .CommonLabels.testid }}
{{- end }}
{{ define "${template}.text" -}}
{{ range .Alerts.Firing -}}
*{{ .Annotations.summary }}*: {{ .Annotations.observed }}, limit {{ .Annotations.limit }} (since {{ .StartsAt.UTC.Format "15:04:05" }} UTC)
<{{ .GeneratorURL }}|rule> · <{{ .SilenceURL }}|silence> · what to do: {{ .Annotations.runbook }}
{{ end -}}
<{{ .ExternalURL }}d/${live}?var-testid={{ .CommonLabels.testid }}|Live dashboard of this run>
{{- end }}
`,
      },
    ],
  };
}
