import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { PORTABLE, type PortableRun } from '../../contract/portable-runs.ts';
import { portableLines, readPortable, writeLines } from './portable-file.ts';

const directory = mkdtempSync(join(tmpdir(), 'loadstar-portable-'));
afterAll(() => rmSync(directory, { recursive: true }));
const file = join(directory, 'history.jsonl');

const RUN: PortableRun = {
  testid: '20261124T104523Z-search-smoke-x7kq',
  project: 'shop',
  scenario: 'search',
  profile: 'smoke',
  target: 'demo',
  branch: null,
  started: '2026-11-24T10:45:23.123Z',
  record: {
    text: { testid: '20261124T104523Z-search-smoke-x7kq', verdict: 'a "quoted"\nline' },
    float: { p95_ms: 71.4 },
    integer: { requests: 123 },
    boolean: { notified: true },
  },
  details: [
    { measurement: 'run_request', tags: { name: 'GET /api/search' }, fields: { float: { p95_ms: 71 } } },
    { measurement: 'run_stage', at: '2026-11-24T10:45:28.123Z', fields: { text: { text: '5 users in 5 s' } } },
  ],
};
const HEADER = JSON.stringify({ format: PORTABLE.format, version: PORTABLE.version });

async function* several(...runs: PortableRun[]) {
  yield* runs;
}

async function read(text: string | Buffer): Promise<PortableRun[]> {
  writeFileSync(file, text);
  const runs: PortableRun[] = [];
  for await (const run of readPortable(file)) runs.push(run);
  return runs;
}

const lines = (...values: unknown[]) =>
  [HEADER, ...values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value)))].join('\n');

describe('a file of runs', () => {
  it('comes back as it was written, with or without a last line break', async () => {
    const other = { ...RUN, testid: 'other', branch: 'main', record: { text: { testid: 'other' } }, details: [] };
    expect(await writeLines(file, portableLines(several(RUN, other)))).toBe(3);
    const text = readFileSync(file, 'utf8');
    expect(await read(text)).toEqual([RUN, other]);
    expect(await read(text.trimEnd())).toEqual([RUN, other]);
    expect(await read(`${HEADER}\n`)).toEqual([]);
  });

  it('of version 1, whose runs have no project, is read too', async () => {
    const { project: _, ...run } = RUN;
    const header = JSON.stringify({ format: PORTABLE.format, version: 1 });
    expect(await read(`${header}\n${JSON.stringify(run)}\n`)).toEqual([run]);
  });

  it('is written whole or not at all', async () => {
    writeFileSync(file, 'before');
    async function* failing() {
      yield RUN;
      throw new Error('InfluxDB went away');
    }
    await expect(writeLines(file, portableLines(failing()))).rejects.toThrow('went away');
    expect(readFileSync(file, 'utf8')).toBe('before');
    expect(readdirSync(directory)).toEqual(['history.jsonl']);
  });
});

/** The second run of the file, with something else in place of `change`. */
const broken = (change: object) =>
  lines({ ...RUN, testid: 'first', record: { text: { testid: 'first' } } }, { ...RUN, ...change });

describe('a file that is not ours is refused with the line, what was expected and what was found', () => {
  it.each([
    ['empty', '', /runs export/, /is empty/],
    ['no JSON', 'hello', /runs export/, /"hello"/],
    ['another JSON', '{"a":1}', /runs export/, /says otherwise/],
    ['a newer version', '{"format":"loadstar-runs","version":3}', /version 2 of/, /version 3/],
    ['a header without version', '{"format":"loadstar-runs"}', /runs export/, /otherwise/],
    ['a torn line', `${lines(RUN)}\n{"testid":`, /in line 3/, /JSON/],
    ['an empty line', `${HEADER}\n\n${JSON.stringify(RUN)}`, /in line 2/, /JSON/],
    ['another field', broken({ more: 1 }), /known fields.*in line 3/, /more/],
    ['no scenario', broken({ scenario: undefined }), /scenario.*in line 3/, /nothing/],
    ['an empty tag', broken({ scenario: '' }), /scenario.*in line 3/, /``/],
    ['a line break in a tag', broken({ target: 'a\nrun,x=1 y=2' }), /target.*in line 3/, /run,x=1/],
    ['a backslash that swallows', broken({ target: 'a\\' }), /target.*in line 3/, /a\\/],
    [
      'a measurement of somebody else',
      broken({ details: [{ measurement: 'http_reqs', fields: {} }] }),
      /measurement.*run_slo.*line 3/,
      /http_reqs/,
    ],
    [
      'a tag of the record',
      broken({ details: [{ measurement: 'run_slo', tags: { branch: 'x' }, fields: {} }] }),
      /tags.*line 3/,
      /branch/,
    ],
    ["InfluxDB's own name", broken({ record: { ...RUN.record, float: { _time: 1 } } }), /float.*in line 3/, /_time/],
    ['half a count', broken({ record: { ...RUN.record, integer: { requests: 1.5 } } }), /integer.*in line 3/, /1.5/],
    ['another record', broken({ record: { text: { testid: 'x' } } }), /in line 3/, /one of "x"/],
    ['a day that is none', broken({ started: '2026-02-30T10:00:00.000Z' }), /in line 3/, /2026-02-30/],
    ['a run twice', lines(RUN, RUN), /in line 3/, /second time/],
  ])('%s', async (_, text, expected, found) => {
    await expect(read(text)).rejects.toMatchObject({
      exit_code: 2,
      message: expect.stringMatching(expected),
      found: expect.stringMatching(found),
    });
  });

  it('numbers that are none, and names that would reach into objects', async () => {
    const line = JSON.stringify(RUN);
    await expect(read(lines(line.replace('71.4', '1e999')))).rejects.toMatchObject({
      message: expect.stringMatching(/p95_ms.*number/),
    });
    const polluted = line.replace('"p95_ms":71.4', '"__proto__":{"polluted":1}');
    expect(polluted).not.toBe(line);
    await expect(read(lines(polluted))).rejects.toMatchObject({ exit_code: 2 });
    const tagged = line.replace('"name":"GET', '"__proto__":"x","name":"GET');
    await expect(read(lines(tagged))).rejects.toMatchObject({ exit_code: 2 });
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('bytes that are no text, and a line that would fill the memory', async () => {
    await expect(read(Buffer.from([0x7b, 0xff, 0xfe]))).rejects.toMatchObject({
      message: expect.stringContaining('UTF-8'),
    });
    const endless = Buffer.alloc(PORTABLE.most_line_bytes + 1, 'a');
    await expect(read(Buffer.concat([Buffer.from(`${HEADER}\n`), endless]))).rejects.toMatchObject({
      message: expect.stringContaining('in line 2'),
    });
  });

  it('a file that is not there, or none', async () => {
    for (const path of [join(directory, 'none.jsonl'), directory]) {
      await expect(readPortable(path).next()).rejects.toMatchObject({ exit_code: 2 });
    }
  });
});
