/** Values of earlier answers: where the scenario takes them from, and which values it leaves as they are. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { draftFromHar } from './from-har.ts';

const directory = mkdtempSync(join(tmpdir(), 'loadstar-correlation-'));
afterAll(() => rmSync(directory, { recursive: true }));

const entry = (url: string, request: object, response: object) => ({
  startedDateTime: '2026-03-01T10:00:00.000Z',
  time: 1,
  request: { method: 'GET', url, ...request },
  response: { status: 200, ...response },
});
const content = (mimeType: string, text: string) => ({ content: { mimeType, text } });
const json = (value: unknown) => content('application/json', JSON.stringify(value));
const html = (text: string) => content('text/html', text);
const post = (mimeType: string, text: string) => ({ method: 'POST', postData: { mimeType, text } });
const FORM = 'application/x-www-form-urlencoded';
const pair = (name: string, value: string) => ({ name, value });

async function placesOf(...entries: unknown[]) {
  const file = join(directory, 'x.har');
  writeFileSync(file, JSON.stringify({ log: { entries } }));
  const { draft } = await draftFromHar('x', file, { hosts: [], with_assets: false });
  const calls = draft.steps.flatMap((step) => step.calls);
  return calls.flatMap(({ keeps }) => keeps.map(({ name, from }) => [name, from]));
}

describe('is taken from the fresh answer', () => {
  it.each([
    [
      'an id of JSON, in the path',
      [entry('http://a/orders', post('application/json', '{}'), json({ id: 17 })), entry('http://a/orders/17', {}, {})],
      [['order_id', { in: 'json', path: ['id'] }]],
    ],
    [
      'an id of JSON, in a body',
      [
        entry('http://a/products', {}, json({ items: [{ id: 4 }, { id: 5 }] })),
        entry('http://a/cart', post('application/json', '{"productId":5}'), {}),
      ],
      [['product_id', { in: 'json', path: ['items', 1, 'id'] }]],
    ],
    [
      'an id of JSON, in a field that has the name of the thing',
      [
        entry('http://a/api/carts', {}, json([{ id: 4 }, { id: 5 }])),
        entry('http://a/graphql', post('application/json', '{"variables":{"cart":5}}'), {}),
      ],
      [['cart', { in: 'json', path: [1, 'id'] }]],
    ],
    [
      'a hidden field',
      [
        entry('http://a/', {}, html('<input type="hidden" value="k3&amp;jd82hs" name="csrf">')),
        entry('http://a/', post(FORM, 'csrf=k3%26jd82hs'), {}),
      ],
      [['csrf', { in: 'attribute', by: ['name', 'csrf'], name: 'value' }]],
    ],
    [
      'a meta tag, in a header',
      [
        entry('http://a/', {}, html('<meta name="csrf-token" content="Zk39vLq0Xs">')),
        entry('http://a/x', { headers: [pair('X-CSRF-Token', 'Zk39vLq0Xs')] }, {}),
      ],
      [['x_csrf_token', { in: 'attribute', by: ['name', 'csrf-token'], name: 'content' }]],
    ],
    [
      'a header, in a query',
      [
        entry('http://a/', {}, { headers: [pair('x-session', 'ab12cd34ef56')] }),
        entry('http://a/x?s=ab12cd34ef56', {}, {}),
      ],
      [['s', { in: 'header', name: 'X-Session', cut: null }]],
    ],
    [
      'a part of a header, in a form',
      [
        entry('http://a/', {}, { headers: [pair('X-Profiler-Ids', '["q8w7e6r5t4"]')] }),
        entry('http://a/x', post(FORM, 'id=q8w7e6r5t4'), {}),
      ],
      [['value', { in: 'header', name: 'X-Profiler-Ids', cut: { before: '["', after: '"', skip: 0 } }]],
    ],
    [
      'a cookie, decoded, in a header',
      [
        entry('http://a/', {}, { headers: [pair('Set-Cookie', 'XSRF-TOKEN=eyJpdiI6Ik9%3D; path=/')] }),
        entry('http://a/x', { headers: [pair('X-XSRF-TOKEN', 'eyJpdiI6Ik9=')] }, {}),
      ],
      [['x_xsrf_token', { in: 'cookie', name: 'XSRF-TOKEN' }]],
    ],
    [
      'the address behind a redirect',
      [
        entry('http://a/notes', post(FORM, 'text=hi'), { status: 302, redirectURL: '/notes/7/edit' }),
        entry('http://a/notes/7/edit', {}, html('')),
        entry('http://a/notes/7', post(FORM, 'text=ho'), {}),
      ],
      [['note_id', { in: 'url', cut: { before: 'notes/', after: '/', skip: 0 } }]],
    ],
    [
      'the text around it, in a script',
      [
        entry('http://a/', {}, html('<script>var build = { nonce: "q8w7e6r5t4" };</script>')),
        entry('http://a/x?n=q8w7e6r5t4', {}, {}),
      ],
      [['n', { in: 'body', cut: { before: 'nonce: "', after: '"', skip: 0 } }]],
    ],
  ])('%s', async (_, entries, expected) => {
    expect(await placesOf(...entries)).toEqual(expected);
  });
});

describe('stays as it is', () => {
  it.each([
    [
      'what a request sent first',
      entry('http://a/x', post(FORM, 'q=shoe-12345'), json({ q: 'shoe-12345' })),
      entry('http://a/y?q=shoe-12345', {}, {}),
    ],
    [
      'a number that means something else',
      entry('http://a/x', {}, json({ id: 2, total: 20 })),
      entry('http://a/y?page=2&size=20', {}, {}),
    ],
    [
      'a count, in a list of things with that name',
      entry('http://a/pages', {}, json([{ id: 1 }, { id: 2 }])),
      entry('http://a/x', post('application/json', '{"page":2}'), {}),
    ],
    [
      'an id of another thing',
      entry('http://a/users', {}, json({ user: { id: 2 } })),
      entry('http://a/orders/2', {}, {}),
    ],
    ['a date', entry('http://a/x', {}, json({ day: '2026-03-01' })), entry('http://a/y?day=2026-03-01', {}, {})],
  ])('%s', async (_, ...entries) => {
    expect(await placesOf(...entries)).toEqual([]);
  });
});
