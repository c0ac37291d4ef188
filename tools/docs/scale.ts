import { readFileSync } from 'node:fs';
import { withGeneratedPart } from './markers.ts';

const PAGE = 'docs/scale.md';
const RESULTS = 'bench/results/scale.md';

/** docs/scale.md: what merged generators cost is as `make bench BENCH=scale` measured it last. */
export function scalePage(): string {
  const [title = '', ...rest] = readFileSync(RESULTS, 'utf8').split('\n');
  const [first = ''] = rest.join('\n').split('\n## ');
  return withGeneratedPart(PAGE, RESULTS, `*Measured*: ${title.replace(/^# /, '')}.\n${first}`);
}
