import { describe, expect, it } from 'vitest';
import { findDifferences } from './differences.ts';
import { insertBranch, type Route, sendsTo } from './policy.ts';

const branchOf = (project: string): Route => ({
  receiver: `loadstar-${project}`,
  object_matchers: [
    ['product', '=', 'loadstar'],
    ['project', '=', project],
  ],
  group_wait: '0s',
});
const ours = branchOf('shop');
const without_project: Route = { receiver: 'loadstar', object_matchers: [['product', '=', 'loadstar']] };
const old: Route = { ...ours, group_wait: '5m' };
const team: Route = { receiver: 'team', object_matchers: [['team', '=', 'a']], routes: [{ receiver: 'night' }] };
const other: Route = {
  receiver: 'other',
  object_matchers: [
    ['product', '=', 'loadstar'],
    ['team', '=', 'b'],
  ],
};

describe('our branch of the notification policy', () => {
  it('comes first in a tree that lacks it, and the rest stays', () => {
    const tree = { receiver: 'root', group_by: ['alertname'], routes: [team, other] };
    expect(insertBranch(tree, ours, 'shop')).toEqual({ ...tree, routes: [ours, team, other] });
    expect(insertBranch({ receiver: 'root' }, ours, 'shop')).toEqual({ receiver: 'root', routes: [ours] });
  });

  it('is replaced in its place, once, however often it is there', () => {
    const tree = { receiver: 'root', routes: [team, old, other, old] };
    const changed = insertBranch(tree, ours, 'shop');
    expect(changed.routes).toEqual([team, ours, other]);
    expect(insertBranch(changed, ours, 'shop')).toEqual(changed);
  });

  it('leaves that of another project alone, and takes over the one of a version without projects, which catches all', () => {
    const others = branchOf('bank');
    const tree = { receiver: 'root', routes: [others, team, without_project] };
    const changed = insertBranch(tree, ours, 'shop');
    expect(changed.routes).toEqual([others, team, ours]);
    expect(insertBranch(changed, others, 'bank')).toEqual(changed);
    expect(insertBranch({ routes: [others] }, ours, 'shop').routes).toEqual([ours, others]);
  });

  it('is the only one that sends to its contact point', () => {
    expect(sendsTo({ receiver: 'root', routes: [team, ours] }, 'loadstar-shop')).toBe(true);
    expect(sendsTo({ receiver: 'root', routes: [team] }, 'night')).toBe(true);
    expect(sendsTo({ receiver: 'root', routes: [team, ours] }, 'loadstar')).toBe(false);
  });

  it('is not forced on a tree that something else provisions', () => {
    expect(() => insertBranch({ receiver: 'root', provenance: 'file' }, ours, 'shop')).toThrow(/can be changed/);
  });
});

describe('differences', () => {
  it('are found at any depth, and named by their path', () => {
    const wanted = { a: { b: [1, { c: 'x' }] }, d: 2, list: [1] };
    expect(findDifferences(wanted, { a: { b: [1, { c: 'y' }] }, d: 2, list: [] })).toEqual([
      'a.b[1].c',
      'list: 0 → 1 entries',
    ]);
    expect(findDifferences(wanted, null)).toEqual(['a.b: 0 → 2 entries', 'd', 'list: 0 → 1 entries']);
  });

  it('are not what Grafana adds, leaves out where it is empty, or hides', () => {
    expect(findDifferences({ a: 1, secret: 'x', paused: false }, { a: 1, id: 7, secret: '[REDACTED]' })).toEqual([]);
  });
});
