/**
 * Which runs notify Slack at their end. A run that was interrupted at its own terminal never notifies, because whoever
 * interrupted it knows.
 */
export const NOTIFY_WHEN = {
  never: 'no run notifies',
  'on-failure': 'failed, broken, incomplete and regressed runs notify',
  always: 'every run notifies',
} as const;

export type NotifyWhen = keyof typeof NOTIFY_WHEN;

export const DEFAULT_NOTIFY: NotifyWhen = 'on-failure';
