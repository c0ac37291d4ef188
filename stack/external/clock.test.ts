import { expect, it } from 'vitest';
import { describeSkew } from './clock.ts';

it('a skew that empties live windows is said with its seconds and its direction', () => {
  expect(describeSkew(95.4, 'InfluxDB v2.7.12')).toMatch(
    /this machine is 95 s behind that of InfluxDB v2\.7\.12.*last minute/,
  );
  expect(describeSkew(-300.2, 'InfluxDB')).toMatch(/300 s ahead of that of InfluxDB/);
});

it('a small one, and a server that names no time, say nothing', () => {
  for (const skew_s of [null, 0, 9.9, -9.9]) expect(describeSkew(skew_s, 'InfluxDB')).toBeNull();
});
