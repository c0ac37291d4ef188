import type { Message } from './store.ts';

interface SlackBody {
  readonly text?: string;
  readonly attachments?: readonly {
    readonly title?: string;
    readonly title_link?: string;
    readonly text?: string;
    readonly color?: string;
  }[];
}

/** The messages as a page, newest first, much as Slack shows them. Everything from outside is escaped. */
export function page(messages: readonly Message[]): string {
  const items = [...messages].reverse().map(article);
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="5">
<title>Loadstar: Slack inbox</title>
<style>
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
body { max-width: 50rem; margin: 2rem auto; padding: 0 1rem }
article { border-left: 4px solid #888; padding: .2rem 1rem; margin: 1rem 0; white-space: pre-wrap; overflow-wrap: anywhere }
article.firing { border-color: #c4162a }
time { opacity: .7 }
</style>
<h1>Slack inbox</h1>
<p>What Slack would have got. Set SLACK_WEBHOOK_URL to send it there instead.</p>
${items.join('\n') || '<p>No message yet.</p>'}
</html>
`;
}

function article({ received, body }: Message): string {
  const { text, attachments = [] } = body as SlackBody;
  const parts = attachments.map(
    ({ title, text: more }) => `<strong>${escaped(title)}</strong>\n${links(escaped(more))}`,
  );
  return `<article class="firing"><time datetime="${escaped(received)}">${escaped(received)}</time>\n${links(escaped(text))}${parts.join('\n')}</article>`;
}

function escaped(text: string | undefined): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return (text ?? '').replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

/** Slack writes links as <url|text>; only http(s) becomes one here. */
function links(safe: string): string {
  return safe.replace(/&lt;(https?:\/\/[^|&\s]*(?:&amp;[^|&\s]*)*)\|([^&]*)&gt;/g, '<a href="$1">$2</a>');
}
