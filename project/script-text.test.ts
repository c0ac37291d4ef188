import { describe, expect, it } from 'vitest';
import { environmentReader } from './script-text.ts';

describe('variables that a script may read', () => {
  it.each([
    ['export default () => http.get(__ENV.HOST, { headers: { a: __ENV["API_KEY"] } })', true],
    ['const { HOST, API_KEY = "none" } = __ENV;', true],
    ["const name = 'API_KEY'; const all = Object.assign({}, __ENV);", true],
    ['const read = (name) => __ENV[name]; read("API_" + "KEY");', true],
    ['const { HOST, ...others } = __ENV; others.anything', true],
    ['const all = globalThis.__ENV; all[x]', true],
    ['export default () => http.get(__ENV.HOST)', false],
    ['const { HOST } = __ENV; http.get(HOST + __ENV?.PATH_OF + __ENV?.["X"])', false],
    ['const API_KEYS = __ENV.HOST', false],
    ['const API_KEY = 1', false],
  ])('%s', (code, reads) => {
    expect(environmentReader(code)('API_KEY')).toBe(reads);
  });
});
