/** What reads foreign files, answers and names, each with inputs to try and what must hold whatever comes. */
import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { transform } from 'esbuild';
import fc from 'fast-check';
import { marked } from 'marked';
import { stringify } from 'yaml';
import { readCsvColumn } from '../../cli/commands/lib/csv-column.ts';
import { ENV } from '../../contract/env.ts';
import { PORTABLE, type PortableRun } from '../../contract/portable-runs.ts';
import { isOurHost } from '../../contract/ports.ts';
import { isRunId } from '../../contract/runs.ts';
import { readPortable } from '../../history/portable/portable-file.ts';
import { createInbox } from '../../inbox/app.ts';
import { renderPage } from '../../inbox/page.ts';
import { MessageStore } from '../../inbox/store.ts';
import { parseMeta } from '../../influxdb/spool.ts';
import { readEnvironment } from '../../lib/environment.ts';
import { LoadstarError } from '../../lib/errors.ts';
import { Redactor, toPrintable } from '../../lib/redact.ts';
import { schemaError } from '../../lib/schema-problem.ts';
import { draftFromHar } from '../../project/scaffold/har/from-har.ts';
import { draftFromOpenApi } from '../../project/scaffold/openapi/from-openapi.ts';
import { render } from '../../project/scaffold/render.ts';
import type { Drafted } from '../../project/scaffold/source.ts';
import { CONFIG } from '../../project/schema.ts';
import { parseCsvUsers, parseJsonUsers } from '../../project/users.ts';
import { REGRESSED_RUN } from '../../report/example-run.ts';
import { summaryOf } from '../../report/files/read-summary.ts';
import { runPage } from '../../report/html/run-page.ts';
import { markdownSummary } from '../../report/markdown/markdown.ts';
import { pageAssets } from '../../report/pages/assets.ts';
import { gatherRun } from '../../report/pages/gather.ts';
import { slackMessage } from '../../report/slack/slack-message.ts';
import { parseK6Line } from '../../runs/k6-process/k6-log.ts';
import { resolveRunOptions } from '../../runs/options/options.ts';
import { ROOT } from '../lib/machine.ts';
import { json, MARK, scrambled, tampered, text, value } from './hostile.ts';

export interface FuzzTarget {
  readonly name: string;
  readonly inputs: fc.Arbitrary<unknown>;
  /** @param directory of its own, for files. @throws whatever is no documented refusal */
  check(input: unknown, directory: string): Promise<void> | void;
}

/** A refusal with its message is as good as a result; that message must not steer a terminal, nor be endless. */
async function accepted<T>(work: () => Promise<T> | T): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof LoadstarError)) throw error;
    const said = [error.message, error.found, error.next].join('\n');
    if (said.length > LONGEST_MESSAGE) throw new Error(`a message of ${said.length} characters`);
    return null;
  }
}

const LONGEST_MESSAGE = 200_000;

function require_(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

/** String literals out: what is left of generated code is our own. */
const LITERAL = /"(?:[^"\\]|\\.)*"/g;

async function renders(drafted: Drafted | null): Promise<void> {
  if (!drafted) return;
  const code = render(drafted.draft);
  await transform(code, { loader: 'ts', logLevel: 'silent' });
  require_(!code.replace(LITERAL, '""').includes(MARK), `foreign text became code:\n${code.slice(0, 2_000)}`);
}

const har = JSON.parse(readFileSync(join(ROOT, 'tests', 'apps', 'shop.har'), 'utf8')) as {
  log: { entries: unknown[] };
};
/** Enough of it: small documents are tampered with more thoroughly. */
const small_har = { log: { ...har.log, entries: har.log.entries.slice(0, 6) } };

const OPENAPI = {
  openapi: '3.0.3',
  info: { title: 'Shop' },
  servers: [{ url: '/v1/{tenant}', variables: { tenant: { default: 'a' } } }],
  components: { schemas: { Item: { type: 'object', properties: { id: { type: 'integer' } } } } },
  paths: {
    '/items/{id}': {
      parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'integer', example: 7 } }],
      get: {
        servers: [{ url: 'https://h.test/{v}', variables: { v: { enum: ['v1'] } } }],
        parameters: [
          { name: 'q', in: 'query', required: true, examples: { one: { value: 'tea' } } },
          { name: 'list', in: 'query', required: true, schema: { oneOf: [{ items: { enum: ['a', 'b'] } }] } },
          { name: 'X-Version', in: 'header', required: true, schema: { allOf: [{ const: 2 }] } },
        ],
        responses: { '200': { content: { 'application/json': { schema: { $ref: '#/components/schemas/Item' } } } } },
        security: [{}],
      },
    },
  },
};

const CONFIGURATION = {
  targets: {
    staging: {
      base_url: 'https://staging.example.com',
      allowed_hosts: ['staging.example.com'],
      profile: 'smoke',
      headers_from_env: { 'X-Api-Key': 'API_KEY' },
      basic_auth_from_env: 'STAGING_AUTH',
      environment: { KEY: 'STAGING_KEY' },
    },
  },
  scenarios_dir: 'loadtests',
  slos: { search: [{ indicator: 'p95_ms', limit: 300, request: 'GET /api/search', reason: 'x' }] },
  users: { file: 'users.csv' },
  secrets: ['APP_SECRET'],
};

const RUN: PortableRun = {
  testid: '20261124T104523Z-search-smoke-x7kq',
  scenario: 'search',
  profile: 'smoke',
  target: 'demo',
  branch: null,
  started: '2026-11-24T10:45:23.123Z',
  record: { text: { testid: '20261124T104523Z-search-smoke-x7kq' }, float: { p95_ms: 71.4 }, boolean: { x: true } },
  details: [{ measurement: 'run_request', tags: { name: 'GET /' }, fields: { float: { p95_ms: 71 } } }],
};
const HEADER = JSON.stringify({ format: PORTABLE.format, version: PORTABLE.version });

const MESSAGE = {
  text: '*FAILED* search',
  attachments: [
    {
      color: '#c4162a',
      title: 't',
      title_link: 'https://h/',
      text: '<https://h/|Live> `x`',
      blocks: [
        { type: 'section', text: { type: 'mrkdwn', text: '*a*' }, fields: [{ text: 'b' }] },
        { type: 'context', elements: [{ type: 'mrkdwn', text: 'run 1' }] },
      ],
    },
  ],
};

/** The page of an example, with which others are compared: so many scripts and no more. */
const scripts = (html: string) => html.match(/<script/gi)?.length ?? 0;

async function summaryTarget(input: unknown): Promise<void> {
  const whole = json(input);
  const run = await accepted(() => summaryOf(whole, REGRESSED_RUN.testid, 'summary.json'));
  if (!run) return;
  const gathered = await gatherRun(run, { influx: null, overviews: [], now: new Date(0) });
  const html = runPage(gathered, await pageAssets('run'));
  require_(scripts(html) === 2, 'the page has a script that is not ours');
  require_(
    !new RegExp(`(<[a-z]+[^>"]*|href="javascript:[^"]*)${MARK}`, 'i').test(body(html)),
    'a foreign text became markup',
  );
  const markdown = markdownSummary(run, { report: null, most_requests: 100 });
  const read = marked.parse(markdown, { gfm: true, async: false });
  require_(
    !/<(script|img|ul|ol|pre|h[1245])\b|href="javascript:/i.test(read),
    'a foreign text became markup in Markdown',
  );
  const message = JSON.stringify(slackMessage(run, { report: 'results/x' }));
  require_(!/<[!@#]/.test(message), 'a foreign text mentions somebody in Slack');
}

/** Without style, script and data, which have their own rules. */
function body(html: string): string {
  return html.slice(html.indexOf('<body>'), html.lastIndexOf('<script type="application/json"'));
}

async function portableTarget(input: unknown, directory: string): Promise<void> {
  const file = join(directory, 'runs.jsonl');
  await writeFile(file, String(input));
  await accepted(async () => {
    for await (const run of readPortable(file)) {
      const tags = [run.scenario, run.profile, run.target, run.branch ?? 'x'];
      // biome-ignore lint/suspicious/noControlCharactersInRegex: a line break would begin a point of its own
      require_(!tags.some((tag) => tag === '' || /[\u0000-\u001f]/.test(tag)), 'a tag that ends its line');
    }
  });
}

const FILE = (name: string, read: (file: string) => Promise<unknown>) => async (input: unknown, directory: string) => {
  const file = join(directory, name);
  await writeFile(file, typeof input === 'string' ? input : json(input));
  await accepted(() => read(file));
};

const variables = Object.keys(ENV).filter((name) => name !== 'K6_BROWSER_EXECUTABLE_PATH');

export const FUZZ_TARGETS: readonly FuzzTarget[] = [
  {
    name: 'HAR recordings',
    inputs: fc.oneof({ weight: 6, arbitrary: tampered(small_har) }, scrambled(JSON.stringify(small_har)), value),
    check: FILE('a.har', async (file) => renders(await draftFromHar('fuzz', file, { hosts: [], with_assets: true }))),
  },
  {
    name: 'OpenAPI documents',
    inputs: fc.oneof(
      { weight: 5, arbitrary: tampered(OPENAPI) },
      scrambled(JSON.stringify(OPENAPI)),
      { weight: 2, arbitrary: scrambled(stringify(OPENAPI)) },
      text,
      value,
    ),
    check: FILE('openapi.json', async (file) => renders(await draftFromOpenApi('fuzz', file, true))),
  },
  {
    name: 'CSV histories',
    inputs: scrambled(`run,p95\n${Array.from({ length: 30 }, (_, row) => `${row},${100 + row}.5`).join('\n')}\n`),
    check: FILE('history.csv', (file) => readCsvColumn(file, 'p95')),
  },
  {
    name: 'configurations',
    inputs: fc.oneof({ weight: 5, arbitrary: tampered(CONFIGURATION) }, value),
    check: async (input) => {
      const result = CONFIG.safeParse(input);
      if (!result.success) await accepted(() => Promise.reject(schemaError(result.error, 'loadstar.config.ts', input)));
    },
  },
  {
    name: 'users as JSON and CSV',
    inputs: fc.oneof(
      tampered([{ email: 'a@example.com', password: 'x' }]).map(json),
      scrambled('email,password\na@example.com,x\nb@example.com,"y, z"\n'),
      text,
    ),
    check: async (input) => {
      await accepted(() => parseJsonUsers(String(input), 'users'));
      await accepted(() => parseCsvUsers(String(input), 'users.csv'));
    },
  },
  {
    name: 'exported runs',
    inputs: fc.oneof(
      { weight: 5, arbitrary: tampered(RUN).map((run) => `${HEADER}\n${json(run)}\n`) },
      scrambled(`${HEADER}\n${JSON.stringify(RUN)}\n`),
      text,
    ),
    check: portableTarget,
  },
  {
    name: 'summaries of runs, to the pages and messages made of them',
    inputs: fc.oneof({ weight: 8, arbitrary: tampered(REGRESSED_RUN) }, value),
    check: summaryTarget,
  },
  {
    name: 'spool descriptions',
    inputs: fc.oneof(
      tampered({ bucket: 'k6', testid: 'x', closed: true }).map(json),
      scrambled('{"bucket":"k6"}'),
      text,
    ),
    check: (input) => {
      const meta = parseMeta(String(input));
      require_(!meta || join('/results', meta.testid).startsWith('/results/'), 'an id that leads elsewhere');
    },
  },
  {
    name: 'messages to the inbox',
    inputs: fc.oneof({ weight: 5, arbitrary: tampered(MESSAGE) }, value),
    check: async (input, directory) => {
      const html = renderPage([{ received: '2026-01-01T00:00:00.000Z', body: input }]);
      require_(!/<(script|img)|href="(?!https?:)/i.test(html), 'a foreign text became markup');
      const file = join(directory, 'messages');
      await rm(file, { force: true });
      const app = createInbox(new MessageStore(file), []);
      const headers = { host: '127.0.0.1:1', 'content-type': 'application/json' };
      const posted = await app.inject({ method: 'POST', url: '/slack', headers, payload: json(input) });
      const shown = await app.inject({ url: '/', headers });
      await app.close();
      require_(posted.statusCode < 500 && shown.statusCode === 200, `${posted.statusCode}, ${shown.statusCode}`);
    },
  },
  {
    name: 'lines of k6',
    inputs: fc.oneof(
      tampered({ level: 'error', msg: 'x', time: 't', source: 'stacktrace', error: 'e' }).map(json),
      scrambled('running (0h01m05.2s), 05/10 VUs, 12 complete and 0 interrupted iterations'),
      text,
    ),
    check: (input) => void parseK6Line(String(input)),
  },
  {
    name: 'environment variables and options',
    inputs: fc.dictionary(
      fc.constantFrom(...variables),
      text.map((it) => it.slice(0, 2_000)),
      { maxKeys: 6 },
    ),
    check: async (input) => {
      const env = input as Record<string, string>;
      await accepted(() => {
        const environment = readEnvironment(env);
        environment.port('INFLUX_PORT');
        resolveRunOptions([], {}, environment);
      });
    },
  },
  {
    name: 'texts that are masked and printed',
    inputs: fc.tuple(text, fc.string({ minLength: 6, unit: 'grapheme' }), text),
    check: (input) => {
      const [before, secret, after] = input as [string, string, string];
      const redactor = new Redactor();
      redactor.add([secret]);
      const shown = toPrintable(redactor.text(`${before}${secret}${after}`));
      // The mask itself may complete one of asterisks.
      require_(secret.includes('*') || !shown.includes(secret), 'the secret is still there');
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
      require_(!/[\u0000-\u0008\u000b-\u001a\u007f-\u009f]/.test(shown), 'a control character');
    },
  },
  {
    name: 'names: ids of runs, hosts',
    inputs: text,
    check: (input) => {
      const name = String(input);
      if (isRunId(name)) require_(/^\/results\/[^/]+$/.test(join('/results', name)), 'an id that leads elsewhere');
      if (isOurHost(name)) require_(/^(127\.|localhost|\[::1\])/i.test(name), 'a foreign host');
    },
  },
];
