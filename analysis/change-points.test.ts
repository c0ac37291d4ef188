import { describe, expect, it } from 'vitest';
import { changePoints } from './change-points.ts';
import sap from './fixtures/sap-small-2021.json' with { type: 'json' };
import { makeHistories, Random } from './testing/histories.ts';
import { addToScore, alarmsPerThousand, emptyScore, MARGIN, precision, recall } from './testing/score.ts';

/** Repeatable noise in [-1, 1). */
function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return (state / 2 ** 31) * 2 - 1;
  };
}
const series = (levels: readonly number[], length: number, spread: number, seed = 1) => {
  const next = noise(seed);
  return levels.flatMap((level) => Array.from({ length }, () => level * (1 + spread * next())));
};

describe('change points', () => {
  it('finds each shift of several, up and down, and by how much', () => {
    const found = changePoints(series([200, 260, 210], 20, 0.04));
    expect(found.map(({ index }) => index)).toEqual([20, 40]);
    expect(found[0]?.change).toBeCloseTo(0.3, 1);
    expect(found[1]?.change).toBeLessThan(-0.15);
  });

  it('finds none in noise, whatever the seed', () => {
    const alarms = Array.from({ length: 50 }, (_, seed) => changePoints(series([200], 60, 0.1, seed + 1)).length);
    expect(alarms.filter((count) => count > 0).length).toBeLessThanOrEqual(1);
  });

  it('does not take an outlier for a level, nor a shift that is too small to matter', () => {
    const values = series([200], 40, 0.02);
    values[20] = 2_000;
    expect(changePoints(values)).toEqual([]);
    expect(changePoints(series([200, 215], 20, 0.005), { least_change: 0.1, least_difference: 20 })).toEqual([]);
  });

  it('says nothing of short or constant series', () => {
    expect(changePoints([])).toEqual([]);
    expect(changePoints([1, 2, 3])).toEqual([]);
    expect(changePoints(new Array(30).fill(5))).toEqual([]);
  });
});

describe('where values are rounded, or mostly equal', () => {
  const levels = (...stretches: readonly (readonly [level: number, length: number])[]) =>
    stretches.flatMap(([level, length]) => new Array<number>(length).fill(level));

  it.each([
    ['two levels', levels([100, 15], [200, 15]), [15]],
    ['a few values of each', levels([100, 10], [140, 10]), [10]],
    ['the newest three of many', levels([100, 20], [200, 3]), [20]],
    ['from nothing', levels([0, 20], [0.4, 20]), [20]],
    ['there and back', levels([5, 12], [9, 12], [5, 12]), [12, 24]],
    ['a spike', levels([100, 15], [300, 1], [100, 15]), []],
    ['two spikes', levels([0, 15], [3, 2], [0, 15]), []],
    ['too few to tell', levels([100, 3], [200, 3]), []],
    ['one unit', levels([45, 20], [46, 20]), [20]],
    ['a small step before a large one', levels([100, 10], [101, 4], [140, 12]), [14]],
  ] as const)('%s', (_, values, expected) => {
    expect(changePoints(values).map(({ index }) => index)).toEqual(expected);
  });

  it.each([0.02, 0.2, 0.5, 1, 3])('finds a step in whole units whose noise is %d of them', (noise_units) => {
    const found = Array.from({ length: 50 }, (_, seed) => {
      const random = new Random(41_000_000 + seed);
      const values = levels([100, 10], [140, 10]).map((level) => Math.round(level + noise_units * random.normal()));
      return changePoints(values).map(({ index }) => index);
    });
    expect(found.filter((indexes) => indexes.length === 1 && indexes[0] === 10).length).toBeGreaterThan(47);
  });

  it('finds a step of one unit among values that take turns', () => {
    const found = Array.from({ length: 50 }, (_, seed) => {
      const random = new Random(43_000_000 + seed);
      const values = levels([10, 50], [11, 50]).map((level) => (random.chance(0.15) ? 21 - level : level));
      return changePoints(values).map(({ index }) => index);
    });
    expect(found.filter(([index]) => Math.abs((index ?? 0) - 50) <= MARGIN).length).toBeGreaterThan(40);
  });

  it.each([
    ['whole units', (random: Random) => Math.round(5.5 + 0.3 * random.normal())],
    ['two values', (random: Random) => (random.chance(0.2) ? 11 : 10)],
    ['rare events', (random: Random) => (random.chance(0.05) ? random.whole(1, 3) : 0)],
  ] as const)('finds none in %s of one level', (_, draw) => {
    const found = Array.from({ length: 200 }, (_, seed) => {
      const random = new Random(42_000_000 + seed);
      return changePoints(Array.from({ length: 60 }, () => draw(random))).length;
    });
    expect(found.filter((count) => count > 0).length).toBeLessThanOrEqual(2);
  });
});

describe('a level that the series has been at before', () => {
  const at = (random: Random, ...stretches: readonly (readonly [level: number, length: number])[]) =>
    stretches.flatMap(([level, length]) => Array.from({ length }, () => level * (1 + 0.01 * random.normal())));
  const seeds = Array.from({ length: 50 }, (_, seed) => new Random(44_000_000 + seed));

  it.each([
    [
      'in short visits',
      84,
      [
        [100, 30],
        [110, 4],
        [100, 20],
        [110, 5],
        [100, 25],
        [110, 20],
      ],
    ],
    [
      'for a while',
      85,
      [
        [100, 30],
        [110, 15],
        [100, 40],
        [110, 20],
      ],
    ],
  ] as const)('%s: the shift that lasts is found', (_, index, stretches) => {
    const found = seeds.map((random) => changePoints(at(random, ...stretches)).at(-1)?.index);
    expect(found.filter((it) => Math.abs((it ?? 0) - index) <= MARGIN).length).toBeGreaterThan(45);
  });

  it('a visit of a few runs is no shift, however often it comes', () => {
    const visits = [100, 110, 100, 110, 100, 110, 100].map((level) => [level, level === 100 ? 15 : 4] as const);
    expect(seeds.filter((random) => changePoints(at(random, ...visits)).length > 0).length).toBeLessThanOrEqual(1);
  });
});

describe('on real histories (SAP, see fixtures)', () => {
  it.each(sap.series)('finds exactly what the vendor found in $name ($kind)', ({ values, change_points }) => {
    expect(changePoints(values).map(({ index }) => index)).toEqual(change_points);
  });
});

describe('on generated histories of all shapes', () => {
  it('precision, recall and false alarms hold', () => {
    const score = emptyScore();
    for (const { values, shifts } of makeHistories(330, 6_000_000, 200)) {
      addToScore(
        score,
        changePoints(values).map(({ index }) => index),
        shifts,
        values.length,
      );
    }
    expect(precision(score)).toBeGreaterThan(0.85);
    expect(recall(score)).toBeGreaterThan(0.85);
    expect(alarmsPerThousand(score)).toBeLessThan(0.4);
  });

  it('sees a large new level after three runs', () => {
    expect(changePoints([...series([200], 40, 0.04), 300, 304, 298])).toMatchObject([{ index: 40 }]);
  });

  it('takes no steady drift for a shift', () => {
    const drift = series([200], 200, 0.05).map((value, index) => value * (1 + index / 200));
    expect(changePoints(drift)).toEqual([]);
  });

  it('reports one direction alone where asked', () => {
    const values = series([200, 260, 210], 30, 0.04);
    expect(changePoints(values, { direction: 'up' }).map(({ index }) => index)).toEqual([30]);
    expect(changePoints(values, { direction: 'down' }).map(({ index }) => index)).toEqual([60]);
  });

  it('finds a shift among 10,000 values (how fast: docs/verdicts.md)', () => {
    const values = series([200, 260], 5_000, 0.1);
    expect(changePoints(values).map(({ index }) => index)).toEqual([5_000]);
  });
});
