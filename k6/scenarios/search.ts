/** A visitor searches, as visitors do: a few terms make up most of it, some find nothing, some turn the page. */
import { check } from 'k6';
import { Clinic, type SearchPage } from '../lib/clinic.ts';
import { pickWeighted } from '../lib/data.ts';
import { defineScenario } from '../lib/scenario.ts';
import { think } from '../lib/think-time.ts';

const { options, client, handleSummary } = defineScenario('search');

export { handleSummary, options };

const clinic = new Clinic(client);
const PAGE_SIZE = 5;
const TURNS_THE_PAGE = 0.3;
const READING_S = 1;

interface Term {
  readonly text: string;
  readonly finds: boolean;
}

const TERMS: readonly (readonly [Term, number])[] = [
  [{ text: 'dental', finds: true }, 30],
  [{ text: 'check-up', finds: true }, 25],
  [{ text: 'dr', finds: true }, 20],
  [{ text: 'vaccination', finds: true }, 15],
  [{ text: 'unobtainium', finds: false }, 10],
];

export default function search(): void {
  const term = pickWeighted(TERMS);
  const first = clinic.search(term.text, 1, PAGE_SIZE);
  check(first.response, {
    'search: status is 200': (answer) => answer.status === 200,
    'search: hits as expected': () => first.data !== undefined && first.data.total > 0 === term.finds,
    'search: every hit has the term': () => everyHitHas(first.data, term.text),
  });
  think(READING_S);
  if ((first.data?.total ?? 0) <= PAGE_SIZE || Math.random() >= TURNS_THE_PAGE) return;

  const second = clinic.search(term.text, 2, PAGE_SIZE);
  const seen = new Set(first.data?.hits.map((hit) => hit.id));
  check(second.response, {
    'search: the next page is another page': () =>
      second.data !== undefined && second.data.hits.length > 0 && second.data.hits.every((hit) => !seen.has(hit.id)),
  });
  think(READING_S);
}

function everyHitHas(page: SearchPage | undefined, term: string): boolean {
  return page?.hits.every((hit) => hit.name.toLowerCase().includes(term)) ?? false;
}
