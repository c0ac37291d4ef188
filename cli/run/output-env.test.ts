import { expect, it } from 'vitest';
import { outputArgs } from './output-env.ts';

const influx = {
  url: 'http://127.0.0.1:1',
  url_for_k6: 'http://influxdb:8086',
  org: 'loadstar',
  tokens: { k6: 'SECRET', grafana: 'g', cli: 'c' },
};

it('gives each output what it reads, and no secret to the arguments', () => {
  const both = outputArgs(['influxdb', 'xk6-influxdb'], influx);
  expect(both.args).toEqual(['--out', 'influxdb', '--out', 'xk6-influxdb']);
  expect(both.args.join()).not.toContain('SECRET');
  expect(both.env).toMatchObject({
    K6_INFLUXDB_DB: 'k6_raw',
    K6_INFLUXDB_BUCKET: 'k6_raw',
    K6_INFLUXDB_TOKEN: 'SECRET',
  });
});

it('gives one output nothing of the other', () => {
  expect(Object.keys(outputArgs(['influxdb'], influx).env)).not.toContain('K6_INFLUXDB_TOKEN');
  expect(Object.keys(outputArgs(['xk6-influxdb'], influx).env)).not.toContain('K6_INFLUXDB_PASSWORD');
});
