/** Checks the documentation against the code. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ENV, type EnvVar } from '../contract/env.ts';
import { EXIT } from '../contract/exit-codes.ts';
import { MEASUREMENT } from '../contract/live-schema.ts';
import { DEFAULT_OUTPUT } from '../contract/outputs.ts';
import { PORTS } from '../contract/ports.ts';
import { DEFAULT_PROFILE } from '../contract/profiles.ts';
import { OWN_PROJECT } from '../contract/project-name.ts';
import { DEFAULT_SCENARIO, SCENARIOS } from '../contract/scenarios.ts';
import { EXIT_PRECEDENCE } from '../contract/verdicts.ts';
import { ruleFile } from '../grafana/alerting/rules.ts';
import { runbookSections } from '../grafana/builder/runbook.ts';
import { runbookPath } from '../grafana/dashboards/runbook/dashboard.ts';
import { slosOfThresholds } from '../profiles/script-slos.ts';
import { ROOT } from './lib/machine.ts';

const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const readme = read('README.md');

const MAX_COLUMNS = 120;

describe('README.md', () => {
  it('has every exit code, and their order', () => {
    for (const code of Object.values(EXIT)) expect(readme).toMatch(new RegExp(`^\\| ${code} \\|`, 'm'));
    const order = EXIT_PRECEDENCE.filter((code) => code !== EXIT.passed).join(', ');
    expect(readme).toContain(`the first of ${order} counts`);
  });

  it('names only make targets that exist, and all of them', () => {
    const targets = [...read('Makefile').matchAll(/^([a-z -]+):.*## /gm)].flatMap((match) =>
      (match[1] ?? '').split(' '),
    );
    const named = new Set([...readme.matchAll(/`make ([a-z-]+)/g)].map((match) => match[1] ?? ''));
    expect([...named].filter((name) => !targets.includes(name))).toEqual([]);
    for (const target of ['load-test', 'setup', 'up', 'down', 'status', 'doctor', 'test', 'check', 'bench', 'runs']) {
      expect(named, target).toContain(target);
    }
  });

  it('names only variables that exist', () => {
    const named = [...readme.matchAll(/`([A-Z][A-Z0-9_]{3,})(?:=[^`]*)?`/g)].map((match) => match[1] ?? '');
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((name) => !(name in ENV))).toEqual([]);
  });
});

const pages = [
  'README.md',
  'CHANGELOG.md',
  ...(existsSync(join(ROOT, 'CONTRIBUTING.md')) ? ['CONTRIBUTING.md'] : []),
  ...pagesBelow('docs'),
];

/** The pages and files of the repository that a page links to, relative to its root. */
function linkedFiles(page: string): string[] {
  return [...read(page).matchAll(/\]\((?!https?:)([^)#]+)/g)].map((match) => join(dirname(page), match[1] ?? ''));
}

function pagesBelow(directory: string): string[] {
  return readdirSync(join(ROOT, directory), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(directory, name));
}

describe('every page', () => {
  it('links only to files that exist', () => {
    for (const page of pages) {
      for (const file of linkedFiles(page)) expect(existsSync(join(ROOT, file)), `${page}: ${file}`).toBe(true);
    }
  });

  it('is reachable from the index, docs/README.md', () => {
    const reached = new Set(['docs/README.md']);
    // A set is iterated in insertion order, new members included: a walk over all links.
    for (const page of reached) {
      for (const file of linkedFiles(page)) if (pages.includes(file)) reached.add(file);
    }
    expect(pages.filter((page) => !reached.has(page))).toEqual([]);
  });

  it('wraps its prose at 120 columns', () => {
    expect(pages.flatMap((page) => longLines(page))).toEqual([]);
  });

  it('begins with a title and a sentence that says whom it is for', () => {
    for (const page of pages.filter((name) => name.startsWith('docs/') && !name.startsWith('docs/decisions/'))) {
      const [title, , sentence] = read(page)
        .replace(/^<!--.*-->\n/, '')
        .split('\n');
      expect(title, page).toMatch(/^# /);
      expect(sentence, page).toMatch(/^For /);
    }
  });
});

describe('every decision', () => {
  it('has date and status, context, decision and consequences', () => {
    const decisions = pages.filter((page) => /^docs\/decisions\/\d/.test(page));
    expect(decisions.length).toBeGreaterThan(10);
    for (const page of decisions) {
      expect(read(page), page).toMatch(
        /^# \d+\. .+\n\nStatus: (accepted|superseded by \d+)\nDate: \d{4}-\d{2}-\d{2}\n\n## Context\n[\s\S]+\n## Decision\n[\s\S]+\n## Consequences\n/,
      );
    }
  });
});

/** Lines of prose that are longer than 120 columns. Tables, code blocks and lines of a single word cannot be wrapped. */
function longLines(page: string): string[] {
  const prose = read(page).replaceAll(/^ *```[\s\S]*?^ *```$/gm, '');
  return prose
    .split('\n')
    .filter((line) => [...line].length > MAX_COLUMNS && !line.startsWith('|') && line.trim().includes(' '))
    .map((line) => `${page}: ${line}`);
}

describe('defaults in contract/env.ts', () => {
  it('are those of the contract', () => {
    const variables: Record<string, EnvVar> = ENV;
    expect(variables.OUTPUT?.default).toBe(DEFAULT_OUTPUT);
    expect(variables.PROFILE?.default).toBe(DEFAULT_PROFILE);
    expect(variables.SCENARIO?.default).toBe(DEFAULT_SCENARIO);
    expect(variables.LIVE_VIEW_PORT?.default).toBe(String(PORTS.live_view));
  });
});

describe('docs/runbook.md', () => {
  it('has a section for every rule, and none for a rule that is no more', () => {
    const script = {
      title: 'T',
      journey: 'J',
      requests: [],
      is_script: true,
      slos: slosOfThresholds({ orders: ['count>1'] }),
    } as const;
    const { groups } = ruleFile(OWN_PROJECT, { ...SCENARIOS, script }) as {
      groups: { rules: { annotations: { runbook_url: string } }[] }[];
    };
    const named = groups.flatMap(({ rules }) => rules.map(({ annotations }) => annotations.runbook_url));
    const sections = runbookSections();
    expect(sections.length).toBeGreaterThan(5);
    expect([...new Set(named)].sort()).toEqual(
      sections.map(({ anchor }) => `{{ externalURL }}${runbookPath(anchor)}&var-project=${OWN_PROJECT}`).sort(),
    );
  });
});

describe('docs/architecture.md', () => {
  it('names only files and folders that exist', () => {
    const named = [...read('docs/architecture.md').matchAll(/`([a-z0-9_-]+\/[^`\s]*)`/g)].map(
      (match) => match[1] ?? '',
    );
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((path) => !path.startsWith('results/') && !existsSync(join(ROOT, path)))).toEqual([]);
  });
});

describe('docs/schema.md', () => {
  it('names the measurements that the output writes', () => {
    const page = read('docs/schema.md');
    for (const name of [
      MEASUREMENT.histogram('<metric>'),
      MEASUREMENT.scenario('<metric>'),
      MEASUREMENT.run('<metric>'),
    ]) {
      expect(page).toContain(`\`${name}\``);
    }
    expect(page).toContain(MEASUREMENT.heatmap('http_req_duration'));
    expect(page).toContain(MEASUREMENT.generator);
  });
});
