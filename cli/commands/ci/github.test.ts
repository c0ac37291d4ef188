import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { upsertComment } from './github.ts';

const MARK = '<!-- loadstar: load test -->';
let server: Server | undefined;
afterEach(() => new Promise((closed) => (server ? server.close(closed) : closed(undefined))));

interface Call {
  readonly method: string;
  readonly path: string;
  readonly token: string | undefined;
  readonly body: string | null;
}

/** A GitHub with these comments, whose first answers may be faults. */
async function github(comments: { id: number; body: string }[], faults: number[] = []) {
  const calls: Call[] = [];
  server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const { method = '', url = '', headers } = request;
    const body = text ? (JSON.parse(text) as { body: string }).body : null;
    calls.push({ method, path: url, token: headers.authorization, body });
    const fault = faults.shift();
    // A fault after the fact: what was asked is done, and the answer is lost.
    if (method === 'POST' && body !== null) comments.push({ id: comments.length + 1, body });
    if (fault) return response.writeHead(fault).end('{"message":"Resource not accessible by integration"}');
    const page = Number(new URL(url, 'http://x').searchParams.get('page') ?? 1);
    const answer = method === 'GET' ? comments.slice((page - 1) * 100, page * 100) : { id: 1 };
    return response.writeHead(200).end(JSON.stringify(answer));
  });
  await new Promise<void>((listening) => server?.listen(0, '127.0.0.1', listening));
  const api_url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { calls, pull_request: { api_url, repository: 'acme/shop', number: 7, token: 'secret' } };
}

it('creates the comment where there is none; one that quotes it is not it', async () => {
  const { calls, pull_request } = await github([{ id: 5, body: `> ${MARK}\n\nwhat is this?` }]);
  expect(await upsertComment(pull_request, MARK, `${MARK}\nnew`, 1)).toBe('created');
  expect(calls.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'GET /repos/acme/shop/issues/7/comments?per_page=100&page=1',
    'POST /repos/acme/shop/issues/7/comments',
  ]);
  expect(calls[1]).toMatchObject({ token: 'Bearer secret', body: `${MARK}\nnew` });
});

it('updates the one that is there, on whatever page', async () => {
  const many = Array.from({ length: 230 }, (_, index) => ({
    id: index,
    body: index === 217 ? `${MARK}\nold` : 'hello',
  }));
  const { calls, pull_request } = await github(many);
  expect(await upsertComment(pull_request, MARK, `${MARK}\nnew`, 1)).toBe('updated');
  expect(calls.at(-1)).toMatchObject({ method: 'PATCH', path: '/repos/acme/shop/issues/comments/217' });
  expect(calls).toHaveLength(4);
});

it('does not double a comment whose answer got lost', async () => {
  const comments: { id: number; body: string }[] = [];
  const { pull_request } = await github(comments, [0, 502]);
  expect(await upsertComment(pull_request, MARK, `${MARK}\nnew`, 1)).toBe('updated');
  expect(comments).toHaveLength(1);
});

it('says what GitHub says, without the token, and does not insist', async () => {
  const { calls, pull_request } = await github([], [403]);
  const refusal = upsertComment(pull_request, MARK, MARK, 1);
  await expect(refusal).rejects.toMatchObject({
    exit_code: 4,
    found: '403 Resource not accessible by integration',
    next: expect.stringContaining('pull-requests: write'),
  });
  expect(calls).toHaveLength(1);
});
