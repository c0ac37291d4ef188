/**
 * `make fuzz`: hostile inputs for every reader, for as long as one likes. `--minutes N` (5), `--seed N`, `--only TEXT`, `--write` for
 * bench/results/fuzz.md and .json. Exit code 1 when anything was found; the same seed finds it again.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type FuzzResult, fuzz } from './run.ts';
import { FUZZ_TARGETS } from './targets.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    only: { type: 'string', default: '' },
    write: { type: 'boolean', default: false },
  },
});
/** So many inputs of one reader before the next has its turn. */
const ROUND = 200;
const MINUTE_MS = 60_000;

const seed = Number(values.seed);
const deadline_ms = Date.now() + Number(values.minutes) * MINUTE_MS;
const targets = FUZZ_TARGETS.filter(({ name }) => name.includes(values.only));
const totals = new Map<string, FuzzResult>();
console.log(`seed ${seed}, ${values.minutes} minutes, ${targets.length} readers`);
for (let round = 0; Date.now() < deadline_ms; round += 1) {
  for (const target of targets) {
    const before = totals.get(target.name);
    // Found is found: the others go on.
    if (before?.fault || Date.now() > deadline_ms) continue;
    const result = await fuzz(target, ROUND, seed + round, deadline_ms - Date.now());
    const tried = result.tried + (before?.tried ?? 0);
    totals.set(target.name, {
      ...result,
      tried,
      slowest_ms: Math.max(result.slowest_ms, before?.slowest_ms ?? 0),
    });
    if (result.fault) console.log(`✗ ${target.name}, seed ${seed + round}: ${result.fault}`);
    else if (round === 0) console.log(`✓ ${target.name}: slowest ${result.slowest_ms.toFixed(0)} ms`);
  }
}

const results = [...totals.values()];
const tried = results.reduce((sum, it) => sum + it.tried, 0);
const count = new Intl.NumberFormat('en-US').format;
const rows = results.map(
  (it) => `| ${it.name} | ${count(it.tried)} | ${it.slowest_ms.toFixed(0)} | ${it.fault ? 'a fault' : 'nothing'} |`,
);
const table = `# Hostile inputs

\`make fuzz\`: seed ${seed}, ${values.minutes} minutes, ${count(tried)} inputs, ${new Date().toISOString().slice(0, 10)}.

| reader of | inputs | slowest, ms | found |
|---|---|---|---|
${rows.join('\n')}
`;
console.log(`\n${table}`);
if (values.write) {
  writeFileSync('bench/results/fuzz.md', table);
  writeFileSync('bench/results/fuzz.json', `${JSON.stringify({ seed, tried, results }, null, 2)}\n`);
}
process.exit(results.some(({ fault }) => fault) ? 1 : 0);
