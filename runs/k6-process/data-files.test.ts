import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { CatalogueScenario } from '../../project/catalogue.ts';
import { placeDataFiles } from './data-files.ts';

const directory = mkdtempSync(join(tmpdir(), 'loadstar-data-'));
afterAll(() => rmSync(directory, { recursive: true }));

const file = `${directory}/./my users.csv`;
const bytes = Buffer.from([0, 255, 10]);
writeFileSync(file, bytes);
const scenario = { name: 'opens', data_files: [file] } as unknown as CatalogueScenario;
const container = { sees_host_files: false, path: (path: string) => path.replace(directory, '/loadstar') };

describe('files that a scenario opens', () => {
  it('lie beside the bundle for a k6 in a container, which gets their paths', async () => {
    expect(await placeDataFiles([scenario, scenario], container, directory)).toEqual({
      [file]: '/loadstar/data/data-1-my_users.csv',
    });
    expect(readFileSync(join(directory, 'data', 'data-1-my_users.csv'))).toEqual(bytes);
  });

  it('stay where they are for a k6 of this machine', async () => {
    expect(await placeDataFiles([scenario], { ...container, sees_host_files: true }, directory)).toEqual({});
  });

  it('are none of those that gRPC loads: a container does not get them', async () => {
    const loads = { ...scenario, proto_files: ['hello.proto'] };
    await expect(placeDataFiles([loads], container, directory)).rejects.toMatchObject({
      exit_code: 2,
      next: expect.stringContaining('ENGINE=native'),
    });
  });
});
