import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { page } from './page.ts';
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
  const html = page([{ received: '2026-01-01T00:00:00.000Z', body: { attachments: [{ title: '<b>', text }] } }]);
  expect(html).toContain('<a href="http://127.0.0.1/d?a=1&amp;b=2">Live</a>');
  expect(html).not.toContain('<script>');
  expect(html).not.toContain('<b>');
  expect(html).not.toContain('href="javascript');
});
