/** What people read of one regressed run, side by side: `npx vitest run --project unit report -u` writes it again. */
import { describe, expect, it } from 'vitest';
import { metricValues } from '../contract/metrics.ts';
import type { RunSummary } from '../contract/results.ts';
import { summaryValue } from '../contract/summary.ts';
import { ruleFile } from '../grafana/alerting/rules.ts';
import type { RunRecord } from '../influxdb/runs.ts';
import { createUi } from '../lib/ui.ts';
import { CAUSES, REGRESSED_RUN as EXAMPLE, INPUT } from './example-run.ts';
import { runPage } from './html/run-page.ts';
import { markdownSummary } from './markdown/markdown.ts';
import { slackMessage } from './slack/slack-message.ts';
import { runsTable } from './terminal/runs-table.ts';
import { reportToTerminal } from './terminal/terminal.ts';

const REGRESSED_RUN: RunSummary = { ...EXAMPLE, causes: CAUSES };

function terminal(): string {
  let written = '';
  const ui = createUi({ write: (text) => (written += text) }, false);
  reportToTerminal(ui, [REGRESSED_RUN], 'results', new Set([REGRESSED_RUN.testid]));
  return written;
}

function slack(): string {
  const { text, attachments } = slackMessage(REGRESSED_RUN, { report: 'https://ci.example.com/run/1' });
  const blocks = attachments[0].blocks.flatMap(({ text: one, elements = [] }) => (one ? [one, ...elements] : elements));
  return [`(color ${attachments[0].color})`, text, ...blocks.map((block) => block.text)].join('\n');
}

/** Sections that people read, a line a row, without markup. */
function html(): string {
  const page = runPage({ ...INPUT, run: REGRESSED_RUN }, { script: '', style: '' });
  const sections = [...page.matchAll(/<section (.*?)>(.*?)<\/section>/gs)].map(([, attributes = '', content = '']) => {
    const tone = /tone-[a-z]+/.exec(attributes)?.[0];
    return (tone ? `(${tone})\n` : '') + content;
  });
  return plain(sections.filter((it) => !/id="(over-time|distribution|trend|data)"/.test(it)).join('\n'));
}

function plain(markup: string): string {
  return markup
    .replace(/<\/(tr|p|h2|h3|li|caption|dl)>/g, '\n')
    .replace(/<[^>]+>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replaceAll('\u200b', '')
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replace(/[ \t]+/g, ' ')
    .replace(/\s*\n\s*/g, '\n')
    .trim();
}

function runs(): string {
  const { testid, scenario, profile, status, started, planned_end, duration_s, verdict } = REGRESSED_RUN;
  const record: RunRecord = {
    ...metricValues((metric) => summaryValue(REGRESSED_RUN, metric)),
    ...{ testid, scenario, profile, status, started, planned_end, duration_s, verdict },
    project: 'shop',
    target: REGRESSED_RUN.target.name,
    branch: REGRESSED_RUN.app.branch,
    capacity_rps: null,
    capacity_users: null,
    completeness: REGRESSED_RUN.completeness.state,
    generator_saturated: false,
    generator_effects: null,
    plateaus: [],
    comparison: REGRESSED_RUN.comparison?.verdict ?? null,
    configuration: null,
    machine: null,
    confirms: null,
    ab_run: null,
    ab_verdict: null,
    shifts: {},
  };
  return runsTable([record]);
}

/** Limits of the rules on the run's SLOs. Grafana fills in the observed value. */
function alerts(): string {
  const slos = REGRESSED_RUN.slos.map(({ indicator, limit }) => ({ indicator, limit, reason: 'example' }) as const);
  const scenario = { title: '', journey: '', requests: [], slos };
  const { groups } = ruleFile('shop', { search: scenario } as never) as { groups: [{ rules: Rule[] }] };
  return groups[0].rules
    .map(({ title, annotations: { summary, observed, limit } }) => `${title} | ${summary}: ${observed}, limit ${limit}`)
    .join('\n');
}

interface Rule {
  readonly title: string;
  readonly annotations: Readonly<Record<string, string>>;
}

const OUTPUTS = {
  terminal: terminal(),
  'summary.md': markdownSummary(REGRESSED_RUN, { report: 'report.html', most_requests: 10 }),
  Slack: slack(),
  'report.html': html(),
  'loadstar runs': runs(),
  alerts: alerts(),
};

it('are what the golden file holds', async () => {
  const whole = Object.entries(OUTPUTS).map(([name, text]) => `===== ${name}\n${text.replace(/[ \t]+$/gm, '')}\n`);
  await expect(whole.join('\n')).toMatchFileSnapshot('golden/regressed-run.txt');
});

const TEXTS = { ...OUTPUTS, 'summary.md': plain(OUTPUTS['summary.md']) };

describe.each(['terminal', 'summary.md', 'Slack', 'report.html'] as const)('%s', (name) => {
  const text = TEXTS[name];

  it.each([
    'REGRESSED',
    'p95 is 612 ms, 27.5 % above the baseline of 480 ms (12 runs, usually 460 ms to 500 ms)',
    '+27.5 %',
    '+75 %',
    '700 ms',
    '41.1/s',
    '1,234',
  ])('says %s', (words) => {
    expect(text).toContain(words);
  });

  it('says nothing that a run without a fault says', () => {
    expect(text).not.toMatch(/\bPASSED\b|points/);
  });
});

// The terminal lists what has changed, and leaves the rest to summary.json.
describe.each(['summary.md', 'Slack', 'report.html'] as const)('%s, of figures as usual,', (name) => {
  it.each(['+1.2 pp', '−2.1 %'])('says %s', (words) => {
    expect(TEXTS[name]).toContain(words);
  });
});

it.each(['REGRESSED', '612 ms', '41.1/s', '1.2 %', '1,234'])('a line of `loadstar runs` says %s', (words) => {
  expect(OUTPUTS['loadstar runs']).toContain(words);
});

it.each(['limit 1,000 ms', 'limit 7 %'])('an alert says %s', (words) => {
  expect(OUTPUTS.alerts).toContain(words);
});
