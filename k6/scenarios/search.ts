import { defineScenario, pickWeighted, think } from '@loadstar-hq/loadstar/k6';
import { check, group } from 'k6';
import type { SearchPage } from './clinic/catalogue.ts';
import { Clinic } from './clinic/clinic.ts';
import { checksPass, FEW_ERRORS_OR_END } from './clinic/slos.ts';

const PAGE_SIZE = 5;
const TURNS_THE_PAGE = 0.3;
const READING_S = 1;

interface Term {
  readonly text: string;
  /** What every hit has in its name; null where nothing is to be found. */
  readonly finds: string | null;
  /** Whether it is misspelt. */
  readonly corrected?: true;
}

/** A few terms make up most of it, one in ten finds nothing, one in ten is misspelt. */
const TERMS: readonly (readonly [Term, number])[] = [
  [{ text: 'dental', finds: 'dental' }, 25],
  [{ text: 'check-up', finds: 'check-up' }, 20],
  [{ text: 'dr', finds: 'dr' }, 15],
  [{ text: 'vaccination', finds: 'vaccination' }, 10],
  [{ text: 'ibuprofen', finds: 'ibuprofen' }, 10],
  [{ text: 'vacination', finds: 'vaccination', corrected: true }, 6],
  [{ text: 'phisiotherapy', finds: 'physiotherapy', corrected: true }, 4],
  [{ text: 'unobtainium', finds: null }, 10],
];

export default defineScenario({
  title: 'Search',
  journey: 'A visitor searches for doctors, services and products, with typos, and turns a page.',
  weight: 20,
  requests: ['GET /api/search'],
  slos: [
    { indicator: 'p95_ms', limit: 400, reason: 'search must keep up with typing' },
    FEW_ERRORS_OR_END,
    checksPass('a result without the search term is wrong'),
  ],
  run({ client }) {
    const { catalogue } = new Clinic(client);
    const term = pickWeighted(TERMS);
    const first = group('first page', () => {
      const { response, data } = catalogue.search(term.text, 1, PAGE_SIZE);
      check(response, {
        'search: status is 200': ({ status }) => status === 200,
        'search: hits as expected': () => data !== undefined && data.total > 0 === (term.finds !== null),
        'search: every hit has the term': () => everyHitHas(data, term.finds ?? ''),
        'search: says when it corrected the term': () => data?.corrected === (term.corrected ?? false),
      });
      return data;
    });
    think(READING_S);
    if (!first || first.total <= PAGE_SIZE || Math.random() >= TURNS_THE_PAGE) return;

    group('next page', () => {
      const { response, data } = catalogue.search(term.text, 2, PAGE_SIZE);
      const seen = new Set(first.hits.map((hit) => hit.id));
      check(response, {
        'search: the next page is another page': () =>
          data !== undefined && data.hits.length > 0 && data.hits.every((hit) => !seen.has(hit.id)),
      });
    });
    think(READING_S);
  },
});

function everyHitHas(page: SearchPage | undefined, term: string): boolean {
  return page?.hits.every((hit) => hit.name.toLowerCase().includes(term)) ?? false;
}
