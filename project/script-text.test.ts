import { describe, expect, it } from 'vitest';
import { environmentReader, exportsJourney } from './script-text.ts';

it.each([
  ["import http from 'k6/http'; export default function () { http.get('http://a/'); }", true],
  ["import http from 'k6/http'; export const options = { vus: 1 }; export function a() {}", true],
  ['function a() {} export { a as default };', true],
  ['export default () => 1;', true],
  ['const text = "export default x";', false],
  ['// never; export const setup = 1', false],
  ['export default class Page {}', false],
])('whether a file may be a k6 script: %s', (text, is_one) => {
  expect(exportsJourney(text)).toBe(is_one);
});

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
