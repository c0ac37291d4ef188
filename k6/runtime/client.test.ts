import { afterEach, describe, expect, it, vi } from 'vitest';
import { script, sent } from '../stubs/http.ts';
import { Client, json } from './client.ts';

const client = (allow_hosts: string[] = []) =>
  new Client({ base_url: 'http://127.0.0.1:8080', allow_hosts, headers: { 'X-Env': 'staging' } });
const get = { method: 'GET', route: '/a' } as const;

afterEach(() => vi.restoreAllMocks());

describe('requests', () => {
  it('are named by their route, not by their URL', () => {
    script(() => ({ status: 200 }));
    client().request({ method: 'GET', route: '/api/x/:id', params: { id: 'a b/c' }, query: { q: 'ü&' } });
    expect(sent[0]?.url).toBe('http://127.0.0.1:8080/api/x/a%20b%2Fc?q=%C3%BC%26');
    expect(sent[0]?.params.tags.name).toBe('GET /api/x/:id');
  });

  it('of GraphQL are named by their operation', () => {
    script(() => ({ status: 200 }));
    client().request({ method: 'POST', route: '/graphql', body: { query: 'query GetPatient { patient { id } }' } });
    expect(sent[0]?.params.tags.name).toBe('POST /graphql GetPatient');
  });

  it('send a key once for each item of a list', () => {
    script(() => ({ status: 200 }));
    client().request({ method: 'POST', route: '/a', query: { tag: ['x', 'y&'], page: 1 }, form: { id: [1, 2] } });
    expect(sent[0]).toMatchObject({ url: 'http://127.0.0.1:8080/a?tag=x&tag=y%26&page=1', body: 'id=1&id=2' });
  });

  it('send a text as it is, with its own type', () => {
    script(() => ({ status: 200 }));
    client().request({ method: 'POST', route: '/a', text: '<a/>' });
    client().request({ method: 'POST', route: '/a', text: '<a/>', headers: { 'Content-Type': 'text/xml' } });
    expect(sent.map(({ body, params }) => [body, params.headers['Content-Type']])).toEqual([
      ['<a/>', 'text/plain'],
      ['<a/>', 'text/xml'],
    ]);
  });

  it('send bytes as they are', () => {
    script(() => ({ status: 200 }));
    const bytes = new Uint8Array([0, 255, 128]).buffer;
    client().request({ method: 'PUT', route: '/a', bytes });
    expect(sent[0]?.body).toBe(bytes);
    expect(sent[0]?.params.headers['Content-Type']).toBe('application/octet-stream');
  });

  it('send a multipart form whose fields and files have any names', async () => {
    script(() => ({ status: 200 }));
    const file = (text: string, filename: string) => ({
      data: new TextEncoder().encode(text).buffer,
      filename,
      type: 'text/plain',
    });
    const multipart = {
      'größe "x"': 'ü',
      count: 2,
      photos: [file('a\r\nb', 'eins.txt'), file('zwei', 'zw"ei.txt')],
      tag: ['x', 'y'],
    };
    client().request({ method: 'POST', route: '/a', multipart });
    const { body, params } = sent[0] ?? {};
    const form = await new Response(body as ArrayBuffer, params).formData();
    const photos = form.getAll('photos') as File[];
    expect([...form.keys()]).toEqual(['größe "x"', 'count', 'photos', 'photos', 'tag', 'tag']);
    expect(form.getAll('tag')).toEqual(['x', 'y']);
    expect([form.get('größe "x"'), form.get('count')]).toEqual(['ü', '2']);
    expect(await Promise.all(photos.map(async (it) => [it.name, it.type, await it.text()]))).toEqual([
      ['eins.txt', 'text/plain', 'a\r\nb'],
      ['zw"ei.txt', 'text/plain', 'zwei'],
    ]);
  });

  it('refuse two bodies, and tags that say which request a sample is of', () => {
    expect(() => client().request({ ...get, text: '', form: {} })).toThrow('one body for GET /a, found form and text');
    expect(() => client().request({ ...get, tags: { testid: 'x' } })).toThrow('`testid`');
  });

  it('have a time-out and tags of their own', () => {
    script(() => ({ status: 200 }));
    client().request({ method: 'PROPFIND', route: '/a', timeout_s: 0.5, tags: { kind: 'list' } });
    expect(sent[0]?.method).toBe('PROPFIND');
    expect(sent[0]?.params).toMatchObject({ timeout: '500ms', tags: { kind: 'list', name: 'PROPFIND /a' } });
  });

  it('of text leave the type of the answer to the options of the script', () => {
    script(() => ({ status: 200 }));
    client().request(get);
    client().download(get);
    expect(sent.map(({ params }) => params.responseType)).toEqual([undefined, 'binary']);
  });

  it('refuse a route whose parameter is missing', () => {
    expect(() => client().request({ method: 'GET', route: '/api/x/:id' })).toThrow(':id');
  });

  it('carry the extra headers and the token', () => {
    script(() => ({ status: 200 }));
    client().request({ ...get, token: 't', body: { a: 1 } });
    expect(sent[0]?.params.headers).toEqual({
      'X-Env': 'staging',
      Authorization: 'Bearer t',
      'Content-Type': 'application/json',
    });
  });
});

describe('redirects', () => {
  it('within the target are followed by hand, as GET', () => {
    script(({ url }) => (url.endsWith('/a') ? { status: 302, headers: { Location: '/b' } } : { status: 200 }));
    const response = client().request({ method: 'POST', route: '/a', body: {} });
    expect(response.status).toBe(200);
    expect(sent.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST http://127.0.0.1:8080/a',
      'GET http://127.0.0.1:8080/b',
    ]);
    expect(sent.every(({ params }) => params.redirects === 0)).toBe(true);
  });

  it('of a HEAD stay a HEAD', () => {
    script(({ url }) => (url.endsWith('/a') ? { status: 301, headers: { Location: '/b' } } : { status: 200 }));
    client().request({ method: 'HEAD', route: '/a' });
    expect(sent.map(({ method }) => method)).toEqual(['HEAD', 'HEAD']);
  });

  it('307 keeps method and body', () => {
    script(({ url }) => (url.endsWith('/a') ? { status: 307, headers: { Location: 'b' } } : { status: 200 }));
    client().request({ method: 'POST', route: '/a', body: { x: 1 } });
    expect(sent[1]).toMatchObject({ method: 'POST', url: 'http://127.0.0.1:8080/b', body: '{"x":1}' });
  });

  it.each(['http://example.com/', '//example.com/x', 'https://user@example.com:81/', 'HTTP://EXAMPLE.com'])(
    'to a host that nobody allowed is not followed: %s',
    (Location) => {
      const warn = vi.spyOn(console, 'warn').mockReturnValue();
      script(() => ({ status: 302, headers: { Location } }));
      expect(client().request(get).status).toBe(302);
      expect(sent).toHaveLength(1);
      expect(warn).toHaveBeenCalledOnce();
    },
  );

  it('to an allowed host are followed, without the headers meant for the target', () => {
    script(({ url }) =>
      url.endsWith('/a') ? { status: 302, headers: { Location: 'http://ok.com/' } } : { status: 200 },
    );
    client(['ok.com']).request({ ...get, token: 'secret' });
    expect(sent[1]?.url).toBe('http://ok.com/');
    expect(sent[1]?.params.headers).toEqual({});
  });

  it('in a circle end', () => {
    script(() => ({ status: 302, headers: { Location: '/a' } }));
    expect(client().request(get).status).toBe(302);
    expect(sent).toHaveLength(11);
  });
});

describe('json', () => {
  it('is undefined where the body is none', () => {
    script(() => ({ status: 200 }));
    expect(json(client().request(get))).toBeUndefined();
  });
});
