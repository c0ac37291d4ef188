import { describe, expect, it } from 'vitest';
import { requireScenarioName } from './scenario-name.ts';

describe('names of scenarios', () => {
  it.each(['a', 'browse-products', 'v2-checkout', 'search', 'a'.repeat(40)])('%s is one', (name) => {
    expect(() => requireScenarioName(name)).not.toThrow();
  });

  it.each([
    '',
    '../evil',
    'a/b',
    'a\\b',
    'Shop',
    '-a',
    'a-',
    'a--b',
    '1a',
    'a.ts',
    'a b',
    'all',
    'mixed',
    'a'.repeat(41),
    'ä',
    'a\n',
  ])('%j is none, or taken', (name) => {
    expect(() => requireScenarioName(name)).toThrow(expect.objectContaining({ exit_code: 2 }));
  });
});
