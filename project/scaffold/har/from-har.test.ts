/** Recordings as browsers, proxies and other tools write them: what the scenario sends, and what it leaves out. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { listVariables } from '../draft.ts';
import { render } from '../render.ts';
import { listSentRequests } from '../testing/sent-requests.ts';
import { draftFromHar } from './from-har.ts';

const directory = mkdtempSync(join(tmpdir(), 'loadstar-har-'));
afterAll(() => rmSync(directory, { recursive: true }));

const START = '2026-03-01T10:00:00.000Z';
const entry = (url: string, request: object = {}, response: object = {}, more: object = {}) => ({
  startedDateTime: START,
  time: 1,
  request: { method: 'GET', url, ...request },
  response: { status: 200, content: { mimeType: 'application/json' }, ...response },
  ...more,
});
const post = (mimeType: string, text: string, request: object = {}) =>
  entry('http://a/x', { method: 'POST', postData: { mimeType, text }, ...request });

async function read(content: Uint8Array | string | readonly unknown[], with_assets = false) {
  const file = join(directory, 'x.har');
  const is_file = typeof content === 'string' || content instanceof Uint8Array;
  writeFileSync(file, is_file ? content : JSON.stringify({ log: { entries: content } }));
  return await draftFromHar('x', file, { hosts: [], with_assets });
}

async function sentOf(...entries: unknown[]) {
  const { draft } = await read(entries);
  return await listSentRequests(draft);
}

async function pathsOf(...entries: unknown[]): Promise<string[]> {
  return (await sentOf(...entries)).map(({ path }) => path);
}

describe('one odd entry does not refuse the recording', () => {
  const good = entry('http://a/good');

  it.each([
    ['no response', { startedDateTime: START, request: { method: 'GET', url: 'http://a/x' } }, 'without an answer (1)'],
    ['a response that is null', { ...entry('http://a/x'), response: null }, 'without an answer (1)'],
    ['no request', { startedDateTime: START }, 'without a readable request (1)'],
    ['no object', null, 'without a readable request (1)'],
    ['a data: URL', entry('data:image/png;base64,AAAA'), 'other than http and https, such as data: and ws: (1)'],
  ])('%s is left out, and counted', async (_, odd, why) => {
    const { draft, notes } = await read([odd, good]);
    expect((await listSentRequests(draft)).map(({ path }) => path)).toEqual(['/good']);
    expect(notes).toEqual([expect.stringContaining(why)]);
  });

  it.each([
    ['a post data that is null', entry('http://a/x', { postData: null })],
    ['a status as text', entry('http://a/x', {}, { status: '200' })],
    ['fields that are null', entry('http://a/x', { cookies: null }, {}, { pageref: null, _resourceType: null })],
    ['small letters in the method', entry('http://a/x', { method: 'get' })],
    ['a HEAD', entry('http://a/x', { method: 'HEAD' })],
    ['a method of WebDAV', entry('http://a/x', { method: 'PROPFIND' })],
  ])('%s is read', async (_, odd) => {
    expect(await pathsOf(odd, good)).toEqual(['/x', '/good']);
  });

  it('a header without a value hides no other header', async () => {
    const headers = [
      { name: 'Authorization', value: null },
      { name: 'cookie', value: 'sid=supersecret1' },
    ];
    const { draft } = await read([entry('http://a/x?state=supersecret1', { headers })]);
    expect(render(draft)).not.toContain('supersecret1');
  });
});

describe('times', () => {
  const thinkOf = async (first: unknown, second: unknown) => {
    const { draft, notes } = await read([
      entry('http://a/1', {}, {}, { startedDateTime: first, time: 0 }),
      entry('http://a/2', {}, {}, { startedDateTime: second, time: 0 }),
    ]);
    return { pause_s: draft.steps[0]?.calls[0]?.think_s, notes };
  };

  it.each([
    ['2026-03-01T10:00:00.497000', '2026-03-01T10:00:02.497Z'],
    ['2026-03-01T10:00:00.5', '2026-03-01T10:00:02.5+02:00'],
    ['2026-03-01T10:00:00.497+0100', '2026-03-01T09:00:02.497Z'],
    ['2026-03-01T9:00:00Z', '2026-03-01T09:00:02Z'],
    ['2026-03-01 10:00:00', '2026-03-01 10:00:02'],
    ['Sun Mar 01 2026 10:00:00 GMT+0000', START.replace('00.000', '02')],
    [1772359200000, '2026-03-01T10:00:02Z'],
    [1772359200, 1772359202],
  ])('%s and %s are two seconds apart', async (first, second) => {
    expect(await thinkOf(first, second)).toEqual({ pause_s: 2, notes: [] });
  });

  it.each([[{}], ['yesterday'], [null], [9e99]])('%j keeps its place', async (time) => {
    const { pause_s, notes } = await thinkOf(time, START);
    expect(pause_s).toBe(0);
    expect(notes).toEqual(['kept in their place, without a pause: requests without a readable time (1)']);
  });
});

describe('encodings', () => {
  const text = JSON.stringify({ log: { entries: [entry('http://a/straße')] } });
  const utf16 = Buffer.from(text, 'utf16le');

  it.each([
    ['UTF-8 with a mark', Buffer.from(`\ufeff${text}`)],
    ['UTF-16', Buffer.concat([Buffer.from([0xff, 0xfe]), utf16])],
    ['UTF-16 without a mark', utf16],
    ['UTF-16, high byte first', Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(utf16).swap16()])],
  ])('%s', async (_, bytes) => {
    const { draft } = await read(bytes);
    expect((await listSentRequests(draft)).map(({ path }) => path)).toEqual(['/stra%C3%9Fe']);
  });
});

describe('queries and forms', () => {
  it('keep all values of a key', async () => {
    expect(await pathsOf(entry('http://a/s?tag=red&page=1&tag=blue'))).toEqual(['/s?tag=red&tag=blue&page=1']);
    const [form] = await sentOf(post('application/x-www-form-urlencoded', 'tag=red&tag=a+b&q=%26'));
    expect(form?.body).toBe('tag=red&tag=a%20b&q=%26');
  });

  it('are read from the lists beside them', async () => {
    expect(await pathsOf(entry('http://a/s', { queryString: [{ name: 'q', value: 'a b' }] }))).toEqual(['/s?q=a%20b']);
    const params = [
      { name: 'a', value: null },
      { name: 'b', value: '1' },
    ];
    const postData = { mimeType: 'application/x-www-form-urlencoded', params, text: null };
    const [form] = await sentOf(entry('http://a/x', { method: 'POST', postData }));
    expect(form?.body).toBe('a=&b=1');
  });

  it('lose session ids in paths', async () => {
    const { draft, notes } = await read([
      entry('http://a/cart;jsessionid=0A1B2C3D4E5F.node1/items;v=2?x=0A1B2C3D4E5F.node1'),
    ]);
    expect((await listSentRequests(draft))[0]?.path).toBe('/cart/items;v=2?x=X_X');
    expect(notes).toEqual(['left out: session ids in addresses, such as `;jsessionid=` (1)']);
  });
});

describe('headers', () => {
  const header = (name: string, value: string) => ({ name, value });

  it('that the app sees are kept, and those of the browser are not', async () => {
    const headers = [
      header(':authority', 'a'),
      header('accept', 'text/html;q=0.9'),
      header('x-requested-with', 'XMLHttpRequest'),
      header('X-Tenant', 'blue'),
      header('User-Agent', 'Mozilla/5.0'),
      header('sec-fetch-mode', 'cors'),
      header('accept-encoding', 'br'),
      header('if-none-match', '"1"'),
      header('Referer', 'http://a/'),
      header('traceparent', '00-1-1-00'),
      header('X-Broken', 'a\r\nb: c'),
    ];
    const [request] = await sentOf(entry('http://a/x', { headers }));
    expect(request?.headers).toEqual({
      Accept: 'text/html;q=0.9',
      'X-Requested-With': 'XMLHttpRequest',
      'X-Tenant': 'blue',
    });
  });

  it('that are secrets become variables', async () => {
    const { draft } = await read([
      entry('http://a/x', {
        headers: [
          header('Cookie', 'sid=abcdefgh12'),
          header('Authorization', 'Basic aHVudGVyMjpodW50ZXIy'),
          header('X-Api-Key', 'hunter2'),
          header('X-Forwarded-User', 'hunter2'),
          header('X-Ticket', 'Bearer hunter2'),
          header('X-Copy', 'id:abcdefgh12'),
        ],
      }),
    ]);
    expect(render(draft)).not.toMatch(/hunter2|abcdefgh12|aHVudGVy/);
    expect(listVariables(draft)).toEqual(['X_X_API_KEY', 'X_X_COPY', 'X_X_TICKET']);
    expect((await listSentRequests(draft))[0]?.headers['X-Api-Key']).toBe('X_X_API_KEY');
  });

  it('that every request has are written once', async () => {
    const language = header('accept-language', 'de');
    const { draft } = await read([
      entry('http://a/1', { headers: [language] }),
      entry('http://a/2', { headers: [header('X-Tenant', 'blue'), language] }),
    ]);
    expect(render(draft).match(/"de"/g)).toHaveLength(1);
    expect((await listSentRequests(draft)).map(({ headers }) => headers)).toEqual([
      { 'Accept-Language': 'de' },
      { 'Accept-Language': 'de', 'X-Tenant': 'blue' },
    ]);
  });
});

describe('bodies', () => {
  it.each([
    ['application/json', '{"a":1}', 'application/json', '{"a":1}'],
    ['application/json; charset=utf-8', '{"a":1}', 'application/json', '{"a":1}'],
    ['application/vnd.api+json', '{"a":1}', 'application/vnd.api+json', '{"a":1}'],
    ['text/plain;charset=UTF-8', '{"a":1}', 'text/plain;charset=UTF-8', '{"a":1}'],
    ['text/xml; charset=utf-8', '<soap/>', 'text/xml; charset=utf-8', '<soap/>'],
    ['application/x-ndjson', '{"a":1}\n{"a":2}\n', 'application/x-ndjson', '{"a":1}\n{"a":2}\n'],
    ['application/json', '[1e400,12345678901234567890,1.0]', 'application/json', '[1e400,12345678901234567890,1]'],
    [
      'application/json',
      '{"id":12345678901234567890,"password":"hunter2","__proto__":[]}',
      'application/json',
      '{"id":12345678901234567890,"password":"X_PASSWORD","__proto__":[]}',
    ],
  ])('%s %s', async (mimeType, text, type, body) => {
    const [request] = await sentOf(post(mimeType, text));
    expect(request).toMatchObject({ headers: { 'Content-Type': type }, body });
  });

  it.each([
    ['multipart/form-data; boundary=b', 'b'],
    ['multipart/form-data', 'loadstar-part'],
  ])('%s: parts without their text are an upload', async (mimeType, boundary) => {
    const params = [
      { name: 'note', value: 'tea' },
      { name: 'doc', value: 'data:text/csv;base64,YSxiCg==', fileName: 'a.csv', contentType: 'text/csv' },
    ];
    const [request] = await sentOf(entry('http://a/x', { method: 'POST', postData: { mimeType, params } }));
    expect(request).toMatchObject({
      headers: { 'Content-Type': `multipart/form-data; boundary=${boundary}` },
      body: `--${boundary}\r\nContent-Disposition: form-data; name="note"\r\n\r\ntea\r\n--${boundary}\r\nContent-Disposition: form-data; name="doc"; filename="a.csv"\r\nContent-Type: text/csv\r\n\r\na,b\n\r\n--${boundary}--\r\n`,
    });
  });

  it('have the type of the header, if the fields differ', async () => {
    const headers = [{ name: 'content-type', value: 'application/merge-patch+json' }];
    const [request] = await sentOf(post('application/json', '{}', { headers }));
    expect(request?.headers).toEqual({ 'Content-Type': 'application/merge-patch+json' });
  });

  it.each([
    ['text/xml', '<password>hunter2</password>', 'may hold a secret'],
    ['multipart/form-data; boundary=x', '--x', 'is an upload that was not recorded'],
    [
      'multipart/form-data; boundary=x',
      '--x\r\nContent-Disposition: form-data; name="f"; filename="a.png"\r\n\r\n\r\n--x--\r\n',
      'is an upload whose file was not recorded',
    ],
    ['application/octet-stream', 'x', 'is neither JSON, a form nor a text'],
    ['application/json', '['.repeat(200) + ']'.repeat(200), 'has more than 100 levels'],
    ['application/json', JSON.stringify('x'.repeat(70_000)), 'is longer than 64 kB'],
  ])('are left out, if they cannot be sent again: %s', async (mimeType, text, why) => {
    const { draft, notes } = await read([entry('http://a/good'), post(mimeType, text)]);
    expect(draft.steps[0]?.calls).toHaveLength(1);
    expect(notes).toEqual([`left out: POST /x, whose body ${why}`]);
  });
});

describe('redirects', () => {
  const html = { content: { mimeType: 'text/html' } };
  const redirect = (redirectURL: string, status = 302) => ({ status, redirectURL, ...html });
  const callsOf = async (...entries: unknown[]) => {
    const { draft } = await read(entries);
    return draft.steps.flatMap(({ calls }) => calls.map(({ route, statuses }) => [route, statuses]));
  };

  it('to another host leave the journey there', async () => {
    const { draft, notes, origin } = await read([
      entry('https://shop.example/', {}, redirect('https://www.shop.example/', 301)),
      entry('https://www.shop.example/', {}, html),
      entry('https://www.shop.example/api/items'),
    ]);
    expect((await listSentRequests(draft)).map(({ path }) => path)).toEqual(['/', '/api/items']);
    expect(origin).toBe('https://www.shop.example');
    expect(notes).toEqual(['left out: requests to other hosts, which --host keeps: shop.example (1)']);
  });

  it('are joined from http to https, with others between, and with their method', async () => {
    const calls = await callsOf(
      entry('http://a/', {}, redirect('https://a/')),
      entry('https://a/between'),
      entry('https://a/', {}, html),
      entry('https://a/save', { method: 'POST' }, redirect('/saved', 308)),
      entry('https://a/saved', { method: 'POST' }, { status: 201 }),
      entry('https://a/saved'),
    );
    expect(calls).toEqual([
      ['/', [200]],
      ['/between', [200]],
      ['/save', [201]],
      ['/saved', [200]],
    ]);
  });

  it('have any good answer, if the recording does not hold it', async () => {
    expect(await callsOf(entry('http://a/go', {}, redirect('/lost')))).toEqual([['/go', 'any 2xx']]);
    expect(await callsOf(entry('http://a/go', {}, redirect('http://b/')))).toEqual([['/go', [302]]]);
    const headers = [{ name: 'location', value: '/lost' }];
    expect(await callsOf(entry('http://a/go', {}, { status: 302, headers }))).toEqual([['/go', 'any 2xx']]);
  });
});

it('a recording of requests alone is a journey, whose answers may be any success', async () => {
  const { draft, notes } = await read([
    { request: { method: 'GET', url: 'http://a/x' } },
    { request: { method: 'POST', url: 'http://a/y' } },
  ]);
  expect(draft.steps[0]?.calls.map(({ method, statuses }) => [method, statuses])).toEqual([
    ['GET', 'any 2xx'],
    ['POST', 'any 2xx'],
  ]);
  expect(notes).toContainEqual(expect.stringContaining('no answers are recorded'));
});

it('redirects that do not end are left out', async () => {
  const hops = Array.from({ length: 12 }, (_, hop) =>
    entry(`http://a/${hop}`, {}, { status: 302, redirectURL: `/${hop + 1}` }),
  );
  const { notes } = await read([entry('http://a/x'), ...hops]);
  expect(notes).toEqual(['left out: redirects that do not end (1)']);
});

it('names the hosts that are left out, the most frequent ones first', async () => {
  const others = ['b', 'c', 'c', 'd', 'd', 'e'].map((host) => entry(`http://${host}/`));
  const { notes } = await read([entry('http://a/'), ...others]);
  expect(notes).toEqual(['left out: requests to other hosts, which --host keeps: c (2), d (2), b (1) and 1 more']);
});

it.each([
  ['no entries', []],
  ['no answer', [entry('http://a/x', {}, { status: 0 })]],
  ['only uploads', [post('multipart/form-data; boundary=x', '--x')]],
  ['only failures', [entry('http://a/x', {}, { status: 500 })]],
])('a recording with %s is a usage error', async (_, entries) => {
  await expect(read(entries)).rejects.toMatchObject({ exit_code: 2, next: expect.stringMatching(/record/) });
});
