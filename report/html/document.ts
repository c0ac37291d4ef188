import { createHash } from 'node:crypto';
import { DATA_ELEMENT } from './data.ts';
import { html, Markup, safeJson } from './html.ts';

/** What a page runs: one script and one style sheet, both inline. */
export interface PageAssets {
  readonly script: string;
  readonly style: string;
}

/**
 * One self-contained file. Its policy lets only this very script and style in, and nothing out: it can be sent on, opened
 * from a disk and published without a thought.
 * @throws Error for assets that would end their own element
 */
export function page(title: string, body: Markup, data: unknown, assets: PageAssets): string {
  if (/<\/script|<!--/i.test(assets.script)) throw new Error('expected a script that does not end its own element');
  if (/<\/style/i.test(assets.style)) throw new Error('expected a style sheet that does not end its own element');
  const policy = [
    "default-src 'none'",
    `script-src ${source(assets.script)}`,
    `style-src ${source(assets.style)}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!doctype html>
${html`<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${new Markup(assets.style)}</style>
</head>
<body>
${body}
<script type="application/json" id="${DATA_ELEMENT}">${new Markup(safeJson(data))}</script>
<script>${new Markup(assets.script)}</script>
</body>
</html>`}
`;
}

function source(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
