import { decodeUrlPart } from '../../../lib/decode.ts';
import type { Documents } from './documents.ts';
import { type Fields, isFields } from './read.ts';
import { Unusable } from './unusable.ts';

/** A chain of references is never longer. A circle is. */
const LONGEST_CHAIN = 100;
export const EXTERNAL = 'refers to another file';

/** Follows the references (`$ref`) of a description, each when it is needed: one that leads nowhere concerns one operation. */
export class References {
  readonly #documents: Pick<Documents, 'document' | 'others'>;

  constructor(documents: Pick<Documents, 'document' | 'others'>) {
    this.#documents = documents;
  }

  /** @returns the value, or what it refers to, with the fields beside the reference. @throws Unusable */
  follow(value: unknown): unknown {
    let found = value;
    let beside: Fields = {};
    for (let step = 0; isFields(found) && typeof found.$ref === 'string'; step += 1) {
      const { $ref, ...others } = found;
      if (step > LONGEST_CHAIN) throw new Unusable('refers to itself', `: \`${$ref}\``);
      beside = { ...others, ...beside };
      found = this.#find($ref);
    }
    return isFields(found) && Object.keys(beside).length > 0 ? { ...found, ...beside } : found;
  }

  /** https://www.rfc-editor.org/rfc/rfc6901 */
  #find(reference: string): unknown {
    const [file = '', pointer = ''] = reference.split('#');
    let place = file === '' ? this.#documents.document : this.#documents.others.get(file);
    if (typeof place !== 'object') {
      throw new Unusable(
        EXTERNAL,
        `: \`${reference}\`${typeof place === 'string' ? `, which was not read: ${place}` : ''}`,
      );
    }
    const parts = decodeUrlPart(pointer).split('/').slice(1);
    for (const part of parts.map((it) => it.replaceAll('~1', '/').replaceAll('~0', '~'))) {
      if (typeof place !== 'object' || place === null || !Object.hasOwn(place, part)) {
        throw new Unusable('refers to what the document does not have', `: \`${reference}\``);
      }
      place = (place as Fields)[part];
    }
    if (parts.length === 0 && file === '')
      throw new Unusable('refers to what the document does not have', `: \`${reference}\``);
    return place;
  }
}
