import { expect, it } from 'vitest';
import { outputArgs, ownSettings } from './output-env.ts';

const setting = {
  influx: {
    url: 'http://127.0.0.1:1',
    url_for_k6: 'http://influxdb:8086',
    org: 'loadstar',
    tokens: { k6: 'SECRET', telegraf: 'OTHER', grafana: 'g', cli: 'c' },
  },
  spool_dir: '/spool',
  report_file: '/report.json',
  own: { K6_LOADSTAR_WINDOW: '10s' },
};

it('gives each output what it reads, and no secret to the arguments', () => {
  const all = outputArgs(['loadstar', 'influxdb', 'xk6-influxdb'], setting);
  expect(all.args).toEqual(['--out', 'loadstar', '--out', 'influxdb', '--out', 'xk6-influxdb']);
  expect(all.args.join()).not.toContain('SECRET');
  expect(all.env).toMatchObject({
    K6_INFLUXDB_DB: 'k6_raw',
    K6_INFLUXDB_BUCKET: 'k6_raw',
    K6_LOADSTAR_BUCKET: 'k6',
    K6_INFLUXDB_TOKEN: 'SECRET',
  });
});

it('gives one output nothing of another', () => {
  const names = (output: 'loadstar' | 'influxdb' | 'xk6-influxdb') => Object.keys(outputArgs([output], setting).env);
  expect(names('influxdb')).not.toContain('K6_INFLUXDB_TOKEN');
  expect(names('influxdb').join()).not.toContain('K6_LOADSTAR');
  expect(names('xk6-influxdb')).not.toContain('K6_INFLUXDB_PASSWORD');
  expect(names('loadstar')).not.toContain('K6_INFLUXDB_BUCKET');
  expect(names('loadstar')).toContain('K6_LOADSTAR_WINDOW');
});

it("passes the user's own settings on, and refuses what does not exist", () => {
  const env = { K6_LOADSTAR_WINDOW: '5s', K6_VUS: '3', K6_LOADSTAR_SPOOL_LIMIT: '' };
  expect(ownSettings(env)).toEqual({ K6_LOADSTAR_WINDOW: '5s' });
  expect(() => ownSettings({ K6_LOADSTAR_WINDOWS: '5s' })).toThrow(
    expect.objectContaining({ exit_code: 2, next: expect.stringContaining('K6_LOADSTAR_WINDOW') }),
  );
});

it('names the merger to our output alone, beside InfluxDB', () => {
  const merged = { ...setting, meeting: { merger_url: 'http://127.0.0.1:2', generators: 3 } };
  expect(outputArgs(['loadstar'], merged).env).toMatchObject({
    K6_INFLUXDB_ADDR: 'http://influxdb:8086',
    K6_LOADSTAR_MERGER: 'http://127.0.0.1:2',
    K6_LOADSTAR_GENERATORS: '3',
  });
  expect(Object.keys(outputArgs(['xk6-influxdb'], merged).env)).not.toContain('K6_LOADSTAR_MERGER');
  expect(Object.keys(outputArgs(['loadstar'], setting).env)).not.toContain('K6_LOADSTAR_MERGER');
});
