import { describe, expect, it } from 'vitest';
import { findDifferences } from './differences.ts';
import { insertBranch, type Route } from './policy.ts';

const ours: Route = { receiver: 'loadstar', object_matchers: [['product', '=', 'loadstar']], group_wait: '0s' };
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
    expect(insertBranch(tree, ours)).toEqual({ ...tree, routes: [ours, team, other] });
    expect(insertBranch({ receiver: 'root' }, ours)).toEqual({ receiver: 'root', routes: [ours] });
  });

  it('is replaced in its place, once, however often it is there', () => {
    const tree = { receiver: 'root', routes: [team, old, other, old] };
    const changed = insertBranch(tree, ours);
    expect(changed.routes).toEqual([team, ours, other]);
    expect(insertBranch(changed, ours)).toEqual(changed);
  });

  it('is not forced on a tree that something else provisions', () => {
    expect(() => insertBranch({ receiver: 'root', provenance: 'file' }, ours)).toThrow(/can be changed/);
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
