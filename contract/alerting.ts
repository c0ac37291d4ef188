/** Facts of the alert rules. */
export const ALERTING = {
  /** Routes, silences and pushes find our alerts by this label. */
  product: { label: 'product', value: 'loadstar' },
  /** Label of every rule, and variable of the dashboards: the project whose runs the rule watches. */
  project_label: 'project',
  /** Prefix of the rule group of a project. */
  group: 'loadstar',
  /** Runs that look for the limit break it on purpose: labelled so, shown in Grafana, and never sent. */
  planned: { label: 'planned', value: 'stress', mute_timing: 'loadstar-never' },
  /** Grafana's shortest interval. */
  interval_s: 10,
  /** What "now" means to an alert: long enough for a percentile, short enough to act on. */
  window_s: 60,
  /**
   * Fewer requests than this in the window are no evidence: the debounce, instead of waiting. With 20 one slow request is
   * 5 % of them, and does not move p95 by itself.
   */
  least_requests: 20,
  /** A run that beats every 5 s (contract/runs.ts) and has been silent for so long has died. */
  silent_s: 30,
  /** After this long a run that died is history, and no longer an alarm. */
  history_s: 600,
  receiver: 'loadstar',
  template: 'loadstar',
} as const;

/** The local Slack inbox: a server of its own, which speaks Slack's incoming webhooks. */
export const INBOX = { webhook_path: '/slack', messages_path: '/messages', health_path: '/healthz' } as const;
