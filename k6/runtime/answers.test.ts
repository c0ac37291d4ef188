import { describe, expect, it } from 'vitest';
import { hasType, textAt } from './answers.ts';
import type { ApiResponse } from './client.ts';

describe('textAt', () => {
  it.each([
    [{ session: { token: 't' } }, ['session', 'token'], 't'],
    [[{ id: 7 }], [0, 'id'], '7'],
    [undefined, ['a'], ''],
    [{ a: null }, ['a', 'b'], ''],
    [{ a: {} }, ['a'], ''],
    [{}, ['constructor', 'name'], ''],
  ])('%j at %j is `%s`', (value, path, text) => {
    expect(textAt(value, path)).toBe(text);
  });
});

describe('hasType', () => {
  const answer = (type?: string) => ({ headers: type ? { 'Content-Type': type } : {} }) as unknown as ApiResponse;

  it('looks at the type alone', () => {
    expect(hasType(answer('Application/JSON; charset=utf-8'), ['application/json'])).toBe(true);
    expect(hasType(answer('text/html'), ['application/json'])).toBe(false);
    expect(hasType(answer(), ['application/json'])).toBe(false);
  });
});
