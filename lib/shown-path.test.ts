import { expect, it } from 'vitest';
import { shownPath } from './shown-path.ts';

it.each([
  ['/repo', '/repo/results/index.html', 'results/index.html'],
  ['/repo', '/repo', '.'],
  ['/repo/docs', '/repo/results', '/repo/results'],
])('in %s, %s is shown as %s', (cwd, path, shown) => {
  expect(shownPath(cwd, path)).toBe(shown);
});
