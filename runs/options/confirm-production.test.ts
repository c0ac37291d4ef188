import { expect, it } from 'vitest';
import { requireConfirmation } from '../../lib/confirm.ts';
import type { CommandContext } from '../../lib/context.ts';
import { createUi } from '../../lib/ui.ts';
import { confirmProduction } from './confirm-production.ts';

/** @param answer null: nobody to ask */
function person(answer: string | null): CommandContext & { readonly asked: string[] } {
  const asked: string[] = [];
  const ask = async (question: string) => {
    asked.push(question);
    return answer;
  };
  const ui = createUi({ write: () => true }, false);
  return { ui, ask, asked } as unknown as CommandContext & { readonly asked: string[] };
}

const OPTIONS = {
  production: 'prod',
  confirmed_production: null,
  base_url: new URL('https://shop.example.com'),
  max_rate_rps: 50,
  max_duration_s: 60,
  max_vus: null,
};

it('production is loaded by whoever types its name, or gives it', async () => {
  const typed = person(' prod ');
  await confirmProduction(typed, OPTIONS);
  expect(typed.asked).toEqual(['type prod to load it: ']);
  const given = person('no');
  await confirmProduction(given, { ...OPTIONS, confirmed_production: 'prod' });
  await confirmProduction(given, { ...OPTIONS, production: null });
  expect(given.asked).toEqual([]);
});

it.each([
  ['another answer', person('yes'), null, '`yes`'],
  ['nobody to ask', person(null), null, 'none'],
  ['a word for another target', person('prod'), 'staging', 'one for `staging`'],
])('and is not for %s', async (_, context, confirmed_production, found) => {
  await expect(confirmProduction(context, { ...OPTIONS, confirmed_production })).rejects.toMatchObject({
    exit_code: 2,
    found,
    next: expect.stringContaining('--confirm-production prod'),
  });
});

it('nothing is deleted without the word, or --yes', async () => {
  const question = { what: '3 runs', word: 'delete', yes: false };
  await requireConfirmation(person('delete\n'), question);
  await requireConfirmation(person(null), { ...question, yes: true });
  for (const [answer, found] of [
    ['y', '`y`'],
    [null, 'no terminal to ask on, and no --yes'],
  ] as const) {
    await expect(requireConfirmation(person(answer), question)).rejects.toMatchObject({ exit_code: 2, found });
  }
});
