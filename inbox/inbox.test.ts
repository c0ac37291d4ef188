import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { renderPage } from './page.ts';
import { MessageStore } from './store.ts';

const directory = mkdtempSync(join(tmpdir(), 'loadstar-inbox-'));
afterAll(() => rmSync(directory, { recursive: true }));

it('keeps messages in order, to their owner alone, and a bounded number of them', async () => {
  const file = join(directory, 'messages');
  const store = new MessageStore(file);
  for (let index = 0; index < 1_002; index += 1) await store.add({ text: `${index}` }, new Date(0));
  const kept = await store.list();
  expect(kept.length).toBeLessThan(1_002);
  expect(kept.at(-1)?.body).toEqual({ text: '1001' });
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

it('shows messages with their links, and escapes everything else', () => {
  const text = '<http://127.0.0.1/d?a=1&b=2|Live> <script>alert(1)</script> <javascript:alert(1)|x>';
  const html = renderPage([{ received: '2026-01-01T00:00:00.000Z', body: { attachments: [{ title: '<b>', text }] } }]);
  expect(html).toContain('<a href="http://127.0.0.1/d?a=1&amp;b=2">Live</a>');
  expect(html).not.toContain('<script>');
  expect(html).not.toContain('<b>');
  expect(html).not.toContain('href="javascript');
});

it('shows a message of blocks much as Slack does', () => {
  const blocks = [
    { type: 'section', text: { type: 'mrkdwn', text: '✗ `GET /a?x=1&amp;y=&lt;2&gt;`: *p95* 612 ms' } },
    { type: 'context', elements: [{ type: 'mrkdwn', text: '<http://h/d?a=1&amp;b=2|Live>' }, { text: 'run 1' }] },
  ];
  const html = renderPage([
    { received: '2026-01-01T00:00:00.000Z', body: { text: '*FAILED*', attachments: [{ color: '#c4162a', blocks }] } },
  ]);
  expect(html).toContain('<strong>FAILED</strong><section style="border-color:#c4162a">');
  expect(html).toContain('✗ <code>GET /a?x=1&amp;y=&lt;2&gt;</code>: <strong>p95</strong> 612 ms');
  expect(html).toContain('<span><a href="http://h/d?a=1&amp;b=2">Live</a></span><span>run 1</span>');
});

it('shows whatever is posted to it, and nothing of it as markup of its own', () => {
  const odd = [
    null,
    'text',
    7,
    [],
    { text: 5, attachments: 'x' },
    { attachments: [null, { color: '"><script>', title: 't', title_link: 'javascript:x', blocks: [{ text: null }] }] },
    {
      text: { toString: '' },
      attachments: [{ title: { toString: 1 }, title_link: { toString: 1 }, color: { toString: 1 } }],
    },
    { blocks: [{ type: 'context', elements: [{ text: { toString: '' } }] }] },
    { text: '`<script>` *<img src=x>* <https://h"onmouseover=x|<b>>' },
  ];
  const html = renderPage(odd.map((body) => ({ received: '"><script>', body })));
  expect(html).not.toMatch(/<script|<img|<b>|href="javascript|"onmouseover/);
});
