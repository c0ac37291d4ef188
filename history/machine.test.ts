import { describe, expect, it } from 'vitest';
import { isSameMachine, type MachineSettings, machineKind, mergeMachines } from './machine.ts';

const GB = 2 ** 30;
const EPYC = { cpu_model: 'AMD EPYC 7763 64-Core Processor', cores: 4, memory_bytes: 15.61 * GB };
const kind = (found: Partial<typeof EPYC> = {}, settings: Partial<MachineSettings> = {}) =>
  machineKind({ given: null, image: null, ...settings }, { ...EPYC, ...found });

describe('the kind of a machine', () => {
  it('is CPU model, cores, memory and the image of the runner', () => {
    expect(kind({}, { image: 'ubuntu24' })).toBe('AMD EPYC 7763 64-Core Processor, 4 cores, 16 GB, ubuntu24');
    expect(kind({ cpu_model: 'Intel(R) Xeon(R)  CPU @ 2.80GHz ', cores: 1, memory_bytes: 0 })).toBe(
      'Intel Xeon CPU @ 2.80GHz, 1 core',
    );
  });

  it.each([
    ['CPU model', { cpu_model: 'AMD EPYC 9V74 80-Core Processor' }],
    ['number of cores', { cores: 2 }],
    ['memory', { memory_bytes: 7.7 * GB }],
  ])('is another one with another %s', (_, change) => {
    expect(kind(change)).not.toBe(kind());
    expect(kind({}, { image: 'ubuntu22' })).not.toBe(kind({}, { image: 'ubuntu24' }));
  });

  // What Linux says of VMs that are sold with 2 to 64 GB, 7 and 14 GB among them.
  it.each([
    [1.92, 2],
    [3.83, 4],
    [6.78, 8],
    [7.76, 8],
    [11.6, 12],
    [13.6, 16],
    [15.61, 16],
    [16, 16],
    [23.4, 24],
    [31.3, 32],
    [62.8, 64],
  ])('has the size that it is sold with: of %d GB it is %d', (gb, size) => {
    for (const share of [0.985, 0.99, 1, gb === size ? 1 : 1.015]) {
      expect(kind({ memory_bytes: gb * share * GB })).toContain(`, ${size} GB`);
    }
  });

  it('is as people name it', () => {
    expect(kind({}, { given: 'runner pool 3', image: 'ubuntu24' })).toBe('runner pool 3');
    expect(machineKind({ given: 'runner pool 3', image: null }, null)).toBe('runner pool 3');
  });

  it('is unknown without a word of k6, and where every kind will do', () => {
    expect(machineKind({ given: null, image: 'ubuntu24' }, null)).toBeNull();
    expect(kind({}, { given: 'any' })).toBeNull();
  });

  it('of several generators is that of each, or names all models and the least of each', () => {
    const kindOf = (...all: Parameters<typeof mergeMachines>[0]) =>
      machineKind({ given: null, image: null }, mergeMachines(all));
    expect(kindOf(EPYC, { ...EPYC, memory_bytes: 15.58 * GB }, null)).toBe(kind());
    expect(kindOf(EPYC, { ...EPYC, cpu_model: 'AMD B', cores: 2 })).toBe(
      'AMD B + AMD EPYC 7763 64-Core Processor, 2 cores, 16 GB',
    );
    expect(kindOf(null)).toBeNull();
  });
});

it('runs of an unknown kind are comparable with all', () => {
  expect(isSameMachine('a', 'a')).toBe(true);
  expect(isSameMachine('a', 'b')).toBe(false);
  expect(isSameMachine('a', null)).toBe(true);
  expect(isSameMachine(undefined, 'b')).toBe(true);
});
