import MiniSearch from 'minisearch';
import { DOCTORS, PRODUCTS, SERVICES } from './catalogue.ts';

export interface Hit {
  readonly type: 'doctor' | 'service' | 'product';
  readonly id: string;
  readonly name: string;
}

export interface Found {
  readonly total: number;
  readonly hits: readonly Hit[];
  /** Whether nothing has the term itself, and these are what is nearly written so. */
  readonly corrected: boolean;
}

/** One wrong letter in five. */
const TYPO_SHARE = 0.2;

/** Doctors, services and products by the beginnings of their words; where nothing fits, with typos forgiven. */
export class SearchIndex {
  readonly #hits: readonly Hit[] = [
    ...SERVICES.map(({ id, name }): Hit => ({ type: 'service', id, name })),
    ...DOCTORS.map(({ id, name }): Hit => ({ type: 'doctor', id, name })),
    ...PRODUCTS.map(({ id, name }): Hit => ({ type: 'product', id, name })),
  ];
  readonly #index = new MiniSearch<Hit>({ fields: ['name'], searchOptions: { prefix: true, combineWith: 'AND' } });
  readonly #hit_of = new Map(this.#hits.map((hit) => [hit.id, hit]));

  constructor() {
    this.#index.addAll(this.#hits);
  }

  /** All hits: pages are parts of them. */
  find(text: string): Found {
    const exact = this.#find(text, false);
    const corrected = exact.length === 0;
    const hits = corrected ? this.#find(text, TYPO_SHARE) : exact;
    return { total: hits.length, hits, corrected: corrected && hits.length > 0 };
  }

  /** Words of all names: what people search for most. */
  words(): readonly string[] {
    return [...new Set(this.#hits.flatMap(({ name }) => name.toLowerCase().split(' ')))];
  }

  #find(text: string, fuzzy: number | false): Hit[] {
    return this.#index.search(text, { fuzzy }).flatMap(({ id }) => this.#hit_of.get(id as string) ?? []);
  }
}
