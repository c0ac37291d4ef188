/** When the end of a run is told in Slack. A run that was interrupted at its own terminal never is: whoever did it knows. */
export const NOTIFY_WHEN = {
  never: 'nothing is told',
  'on-failure': 'a run that failed, broke, lost data, or regressed',
  always: 'every run',
} as const;

export type NotifyWhen = keyof typeof NOTIFY_WHEN;

export const DEFAULT_NOTIFY: NotifyWhen = 'on-failure';
