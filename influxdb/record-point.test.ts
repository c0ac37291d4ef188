import { expect, it } from 'vitest';
import { RecordPoint } from './record-point.ts';

it('a point of a record holds no empty text', () => {
  const point = new RecordPoint('run')
    .stringField('why', '')
    .stringField('verdict', 'passed')
    .floatField('throughput_rps', 0);
  expect(point.toLineProtocol()).toMatch(/^run throughput_rps=0,verdict="passed"/);
});
