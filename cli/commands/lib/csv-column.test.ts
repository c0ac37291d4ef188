import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readCsvColumn } from './csv-column.ts';

const directory = mkdtempSync(join(tmpdir(), 'loadstar-csv-'));
afterAll(() => rmSync(directory, { recursive: true }));

function read(text: string | Buffer) {
  const file = join(directory, 'history.csv');
  writeFileSync(file, text);
  return readCsvColumn(file, 'p95');
}

describe('a column of a CSV file', () => {
  it.each([
    ['commas', 'run,p95\n1,10.5\n2,1000\n'],
    ['semicolons', 'run;p95\n1;10.5\n2;1000\n'],
    ['decimal commas', 'run;p95\n1;10,5\n2;"1000,0"\n'],
    ['points that group thousands', 'run;p95\n1;10,5\n2;1.000\n'],
    ['spaces that group thousands', 'run;p95\n1;10,5\n2;1\u00a0000\n'],
    ['tabs', 'run\tp95\n1\t10,5\n2\t1000\n'],
    ["Excel's own first line", '\uFEFFsep=;\r\nrun;p95\r\n1;10,5\r\n2;1000\r\n'],
    ['a first line that names the comma', 'sep=,\nrun,p95\n1,10.5\n2,1000\n'],
    ['comments first', '# exported\n#group,false\nrun,p95\n1,10.5\n2,1000\n'],
    ['a header with a hash', '#,p95\n1,10.5\n2,1000\n'],
    ['a quote inside of a field', 'p95,note\n10.5,say "hi" now\n1000,ok\n'],
    ['delimiters in quotes', '"a;b;c",p95\n1,10.5\n2,1000\n'],
    ['times in order', 'date,p95\n2026-01-31,10.5\n2026-02-01,1000\n'],
    ['UTF-16', Buffer.from('\uFEFFrun,p95\n1,10.5\n2,1000\n', 'utf16le')],
  ])('is read from a file with %s', async (_, text) => {
    expect((await read(text)).values).toEqual([10.5, 1_000]);
  });

  it('leaves out missing values, and says in which lines', async () => {
    const missing = ['', 'NA', 'N/A', '#N/A', '<NA>', 'None', 'NULL', 'nan', '-'];
    const { values, missing_lines } = await read(`run,p95\n${missing.map((it) => `1,${it}\n`).join('')}2,5\n`);
    expect(values).toEqual([5]);
    expect(missing_lines).toEqual(missing.map((_, row) => row + 2));
  });

  it.each([
    ['no row', 'run,p95\n', 'no row after the header'],
    ['no value', 'run,p95\n1,NA\n2,\n', '2 rows, none with a value'],
    ['a unit', 'p95\n10 ms\n', '`10 ms`'],
    ['two kinds of decimals', 'run;p95\n1;10,5\n2;10.25\n', '`10.25`'],
    ['a comma in a field of a file with commas', 'run,p95\n1,"1,000"\n', '`1,000`'],
    ['the newest first', 'time,p95\n2026-02-01T00:00:00Z,1\n2026-01-31T00:00:00Z,2\n', 'line 3'],
    ['the name in other letters', 'run,P95\n1,2\n', 'P95'],
  ])('is refused with %s', async (_, text, found) => {
    await expect(read(text)).rejects.toMatchObject({ exit_code: 2, found: expect.stringContaining(found) });
  });
});
