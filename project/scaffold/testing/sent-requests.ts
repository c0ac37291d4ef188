import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { K6_MODULE } from '../../../contract/package-name.ts';
import type { Sent } from '../../../k6/stubs/http.ts';
import type { Draft } from '../draft.ts';
import { render } from '../render.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const BASE_URL = 'http://target';
const SCENARIO = 'scenario';

/** A request as it leaves k6. */
export interface SentRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/** Bundles code for k6 with the stubs of its modules, and runs it. @returns its default export */
export async function importOnStubs(code: string, plugins: Plugin[] = []): Promise<unknown> {
  const stub = (name: string) => join(ROOT, 'k6', 'stubs', `${name}.ts`);
  const { outputFiles } = await build({
    stdin: { contents: code, loader: 'ts', resolveDir: ROOT },
    bundle: true,
    write: false,
    format: 'esm',
    logLevel: 'silent',
    alias: {
      [K6_MODULE]: join(ROOT, 'k6', 'index.ts'),
      'k6/data': stub('data'),
      'k6/encoding': stub('encoding'),
      'k6/execution': stub('execution'),
      'k6/http': stub('http'),
      k6: stub('k6'),
    },
    plugins,
  });
  const module = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0]?.text ?? '')}`);
  return module.default;
}

/** Runs the scenario of a draft once with Loadstar's client, on the stub of `k6/http`. Variables hold their names. */
export async function listSentRequests(draft: Draft): Promise<SentRequest[]> {
  const code = `import scenario from '${SCENARIO}';
    import { script, sent } from 'k6/http';
    import { Client } from '${join(ROOT, 'k6', 'runtime', 'client.ts')}';
    const __ENV = new Proxy({}, { get: (_, name) => String(name) });
    Object.assign(globalThis, { __ENV });
    script(() => ({ status: 200 }));
    scenario.run({ client: new Client({ base_url: '${BASE_URL}', allow_hosts: [], headers: {} }) });
    export default sent;`;
  const sent = await importOnStubs(code, [
    {
      name: SCENARIO,
      setup({ onResolve, onLoad }) {
        onResolve({ filter: new RegExp(`^${SCENARIO}$`) }, ({ path }) => ({ path, namespace: SCENARIO }));
        onLoad({ filter: /.*/, namespace: SCENARIO }, () => ({
          contents: render(draft),
          loader: 'ts',
          resolveDir: ROOT,
        }));
      },
    },
  ]);
  return (sent as Sent[]).map(({ method, url, params, body }) => ({
    method,
    path: url.slice(BASE_URL.length),
    headers: params.headers,
    body: body as string | null,
  }));
}
