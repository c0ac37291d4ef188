import { expect, it } from 'vitest';
import { PROJECT_NAME } from '../../contract/project-name.ts';
import { SCENARIOS } from '../../contract/scenarios.ts';
import type { Slo } from '../../contract/slo.ts';
import { projectReceiver, ruleFolder } from './names.ts';
import { integration, projectMatchers } from './notifications.ts';
import { ruleGroup } from './rules.ts';

const slo = (part: Partial<Slo>): Slo => ({ indicator: 'p95_ms', limit: 500, reason: 'r', ...part });
const rulesOf = (slos: readonly Slo[]) =>
  ruleGroup('shop', { buy: { title: 'T', journey: 'J', requests: [], slos } }).rules.filter(({ uid }) =>
    uid.includes('buy'),
  );

it('an SLO over its last seconds has a rule of its own, for that window', () => {
  const [whole, sliding] = rulesOf([slo({}), slo({ over: '30s' })]);
  expect(sliding?.uid).not.toBe(whole?.uid);
  expect(sliding?.title).toBe('shop · p95 too high: buy, any 30 s');
  expect(JSON.stringify(sliding)).toContain('range(start: -30s)');
  expect(JSON.stringify(whole)).toContain('range(start: -60s)');
});

it('an SLO of a stage has no rule: its warm-up is known at the end of the run alone', () => {
  expect(rulesOf([slo({ during: 'steady' }), slo({ during: 'plateau 2', over: '30s' })])).toEqual([]);
});

/** Names that a careless separator or cut makes equal. */
const PROJECTS = ['shop', 'shop-search', 's', 'loadstar', 'a'.repeat(PROJECT_NAME.longest), `${'a'.repeat(39)}b`];

it('projects share no rule, group, folder, contact point or branch, however alike their names', () => {
  const groups = PROJECTS.map((project) => ruleGroup(project, SCENARIOS));
  const all = groups.flatMap(({ rules }) => rules);
  const areDistinct = (texts: readonly string[]) => expect(new Set(texts).size).toBe(texts.length);
  areDistinct(all.map(({ uid }) => uid));
  areDistinct(all.map(({ title }) => title));
  areDistinct(groups.map(({ name }) => name));
  areDistinct(groups.map(({ folder }) => folder));
  areDistinct(PROJECTS.map((project) => ruleFolder(project).uid));
  areDistinct(PROJECTS.map((project) => integration('slack', projectReceiver(project)).uid));
  areDistinct(PROJECTS.map((project) => JSON.stringify(projectMatchers(project))));
  const uids = [...all.map(({ uid }) => uid), ...PROJECTS.map((project) => ruleFolder(project).uid)];
  for (const uid of uids) expect(uid).toMatch(/^[a-z0-9_-]{1,40}$/);
});

it('every rule asks for the runs of its project in each read, has its label, and leads to its runbook', () => {
  const { rules } = ruleGroup('shop', {
    ...SCENARIOS,
    'k6/script': {
      title: 'T',
      journey: 'J',
      requests: [],
      is_script: true,
      slos: [slo({ indicator: 'threshold', threshold: { metric: 'm', expression: 'p(95)<1' } as never })],
    },
  });
  for (const { title, data, labels, annotations } of rules) {
    const query = (data[0] as { model: { query: string } }).model.query;
    const reads = query.split('from(bucket:').slice(1);
    expect(reads.length, title).toBeGreaterThan(0);
    for (const read of reads) expect(read, title).toContain('r.project == "shop"');
    expect(labels).toMatchObject({ project: 'shop' });
    expect(annotations.runbook_url).toContain('var-project=shop');
  }
});
