import type { Message } from './store.ts';

interface SlackText {
  readonly text?: string;
}

interface SlackBlock {
  readonly type?: string;
  readonly text?: SlackText;
  readonly fields?: readonly SlackText[];
  readonly elements?: readonly SlackText[];
}

interface SlackAttachment {
  readonly title?: string;
  readonly title_link?: string;
  readonly text?: string;
  readonly color?: string;
  readonly blocks?: readonly SlackBlock[];
}

interface SlackBody {
  readonly text?: string;
  readonly attachments?: readonly SlackAttachment[];
  readonly blocks?: readonly SlackBlock[];
}

/** The messages as a page, newest first, much as Slack shows them. Everything from outside is escaped. */
export function renderPage(messages: readonly Message[]): string {
  const items = [...messages].reverse().map(renderMessage);
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="5">
<title>Loadstar: Slack inbox</title>
<style>
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
body { max-width: 50rem; margin: 2rem auto; padding: 0 1rem }
article { margin: 1.5rem 0; white-space: pre-wrap; overflow-wrap: anywhere }
section { border-left: 4px solid #888; padding: .2rem 1rem; margin: .3rem 0 }
section p { margin: .4rem 0 }
code { font-family: ui-monospace, monospace; font-size: .9em }
small, time { opacity: .75 }
small span + span::before { content: " · " }
</style>
<h1>Slack inbox</h1>
<p>Messages that would go to Slack. Set SLACK_WEBHOOK_URL to send them there.</p>
${items.join('\n') || '<p>No message yet.</p>'}
</html>
`;
}

function renderMessage({ received, body }: Message): string {
  const { text, attachments = [], blocks = [] } = (body ?? {}) as SlackBody;
  const parts = [
    `<time datetime="${escapeHtml(received)}">${escapeHtml(received)}</time>`,
    text ? `\n${renderMrkdwn(text)}` : '',
    ...keepObjects(blocks).map(renderBlock),
    ...keepObjects(attachments).map(renderAttachment),
  ];
  return `<article>${parts.join('')}</article>`;
}

function renderAttachment({ title, title_link, text, color, blocks = [] }: SlackAttachment): string {
  const border = /^#[0-9a-f]{6}$/i.test(toText(color)) ? ` style="border-color:${color}"` : '';
  const heading = title ? `<p><strong>${renderLink(escapeHtml(title), title_link)}</strong></p>` : '';
  const paragraph = text ? `<p>${renderMrkdwn(text)}</p>` : '';
  return `<section${border}>${heading}${paragraph}${keepObjects(blocks).map(renderBlock).join('')}</section>`;
}

function renderBlock({ type, text, fields = [], elements = [] }: SlackBlock): string {
  const texts = [...(text ? [text] : []), ...keepObjects(fields)].map((it) => `<p>${renderMrkdwn(it.text)}</p>`);
  if (type !== 'context') return texts.join('');
  return `<p><small>${keepObjects(elements)
    .map((it) => `<span>${renderMrkdwn(it.text)}</span>`)
    .join('')}</small></p>`;
}

/** A message may be anything that was posted. */
function keepObjects<T>(items: readonly T[]): readonly T[] {
  return Array.isArray(items) ? items.filter((item) => item !== null && typeof item === 'object') : [];
}

/** An object has no text to show, and its toString may throw. */
function toText(value: unknown): string {
  return value === undefined || typeof value === 'object' ? '' : String(value);
}

function escapeHtml(text: unknown): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return toText(text).replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

/** Slack's own three entities are undone first, so that nothing is escaped twice. */
function unescapeSlack(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

/** Slack itself cuts a text here. */
const LONGEST_TEXT = 40_000;

/** A link, `code`, *bold*, or what is between those. https://api.slack.com/reference/surfaces/formatting */
const MARKUP = /<(?<url>https?:\/\/[^|<>\s]{1,2000})\|(?<label>[^>]*)>|`(?<code>[^`\n]+)`|\*(?<bold>[^*\n]+)\*/g;

/** Slack's markup as HTML; only http(s) becomes a link. */
function renderMrkdwn(text: unknown): string {
  const source = toText(text).slice(0, LONGEST_TEXT);
  let html = '';
  let from = 0;
  for (const match of source.matchAll(MARKUP)) {
    const { url, label, code, bold } = match.groups ?? {};
    html += escapeHtml(unescapeSlack(source.slice(from, match.index)));
    if (url !== undefined) html += renderLink(escapeHtml(unescapeSlack(label ?? '')), unescapeSlack(url));
    else if (code !== undefined) html += `<code>${escapeHtml(unescapeSlack(code))}</code>`;
    else html += `<strong>${escapeHtml(unescapeSlack(bold ?? ''))}</strong>`;
    from = match.index + match[0].length;
  }
  return html + escapeHtml(unescapeSlack(source.slice(from)));
}

function renderLink(html: string, url: unknown): string {
  return /^https?:\/\//.test(toText(url)) ? `<a href="${escapeHtml(url)}">${html}</a>` : html;
}
