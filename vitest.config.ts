import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { K6_MODULE } from './contract/package-name.ts';

const stub = (name: string) => fileURLToPath(new URL(`k6/stubs/${name}.ts`, import.meta.url));

/** k6's modules exist in k6 alone: its code is tested in Node.js on small stubs. */
const k6_modules = {
  'k6/browser': stub('browser'),
  'k6/crypto': stub('crypto'),
  'k6/data': stub('data'),
  'k6/encoding': stub('encoding'),
  'k6/execution': stub('execution'),
  'k6/http': stub('http'),
  'k6/metrics': stub('metrics'),
  'k6/timers': stub('timers'),
  'k6/websockets': stub('websockets'),
  k6: stub('k6'),
  // Scenarios import it by its published name, in bundles and here.
  [K6_MODULE]: fileURLToPath(new URL('k6/index.ts', import.meta.url)),
};

/** End-to-end files that run side by side; unset: none do. */
const E2E_WORKERS = process.env.E2E_WORKERS ?? null;

/** They read files alone, and so run with the unit tests. */
const WITHOUT_SERVERS = 'docs|parity|pins|rooms';

/** A test that asserts nothing cannot fail: an early return or a loop over nothing makes it red. */
const expect = { requireAssertions: true };

export default defineConfig({
  test: {
    minWorkers: 1,
    maxWorkers: Number(E2E_WORKERS ?? availableParallelism()),
    projects: [
      {
        resolve: { alias: k6_modules },
        test: {
          name: 'unit',
          expect,
          // The limit finds what hangs, and not that a machine is busy.
          testTimeout: 30_000,
          include: [
            '{*,!(tests|node_modules)/**/*}.test.ts',
            'tests/fuzz/**/*.test.ts',
            `tests/@(${WITHOUT_SERVERS}).test.ts`,
          ],
        },
      },
      {
        test: {
          name: 'e2e',
          expect,
          // No `exclude` here: vitest would then ignore `--exclude`, which tools/test.ts gives.
          include: [`tests/!(${WITHOUT_SERVERS}).test.ts`],
          // Real processes on few cores: time enough, and one file after the other unless tools/test.ts says otherwise.
          poolOptions: { forks: { singleFork: E2E_WORKERS === null } },
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
