import { expect, it } from 'vitest';
import { CHANNEL_VARIABLES, describeChange, grafanaSettings } from './settings.ts';

it('names a variable of Grafana that is set, changed or removed, whichever it is', () => {
  expect(CHANNEL_VARIABLES.length).toBeGreaterThan(9);
  for (const name of [...CHANNEL_VARIABLES, 'GRAFANA_ANONYMOUS', 'PUBLIC_GRAFANA_URL']) {
    const [none, one, other] = [{}, { [name]: 'one' }, { [name]: 'other' }].map((env) => grafanaSettings(env, 'key'));
    expect(describeChange(none ?? {}, one ?? {})).toBe(`${name} is set`);
    expect(describeChange(one ?? {}, other ?? {})).toBe(`${name} has changed`);
    expect(describeChange(other ?? {}, none ?? {})).toBe(`${name} is removed`);
  }
});

it('takes an empty variable as one that is not set, and ignores what Grafana does not read', () => {
  const before = grafanaSettings({ SLACK_WEBHOOK_URL: '' }, 'key');
  expect(describeChange(before, grafanaSettings({ SCENARIO: 'search' }, 'key'))).toBeNull();
});

it('keeps no value, and no digest that shows two keys the same value', () => {
  const [one, other] = ['key', 'other key'].map((key) => grafanaSettings({ SMTP_PASSWORD: 'secret' }, key));
  expect(JSON.stringify(one)).not.toContain('secret');
  expect(one).not.toEqual(other);
});
