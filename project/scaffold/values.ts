import { isReserved } from '../../contract/reserved-names.ts';
import { literal, type Value } from './draft.ts';

/** Names of fields whose values never go into a file. */
const SENSITIVE =
  /pass(word|wd|phrase|code)?$|pwd|secret|token|api[-_]?key|\bauth(orization)?$|\botp\b|\bpin\b|cvv|cvc|card[-_]?number|iban|\bssn\b|session(_?id)?$|csrf|xsrf|signature|credential|jwt/i;
/** A JSON web token, or random text longer than ids are. */
const SECRET_FORM = /^eyJ[\w-]+\.|^(?=.*\d)(?=.*[a-z])(?=.*[A-Z])[A-Za-z0-9_+/=-]{40,}$/;
const DEEPEST = 30;

/** Makes values for the code of a scenario, in which secrets are variables. */
export class Values {
  readonly #prefix: string;
  readonly #known: ReadonlySet<string>;

  /** @param scenario whose name begins the variables. @param known secrets that were seen elsewhere, such as cookies */
  constructor(scenario: string, known: Iterable<string>) {
    this.#prefix = upperSnake(scenario);
    this.#known = new Set(known);
  }

  isSecret(name: string, value: unknown): boolean {
    if (typeof value === 'number') return SENSITIVE.test(name);
    return (
      typeof value === 'string' &&
      value !== '' &&
      (SENSITIVE.test(name) || SECRET_FORM.test(value) || this.#known.has(value))
    );
  }

  of(name: string, value: unknown): Value {
    return this.#of(name, value, 0);
  }

  #of(name: string, value: unknown, depth: number): Value {
    if (depth > DEEPEST) return literal(null);
    if (this.isSecret(name, value)) return { kind: 'variable', name: this.variable(name) };
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return literal(value);
    if (Array.isArray(value)) return { kind: 'list', items: value.map((item) => this.#of(name, item, depth + 1)) };
    if (typeof value !== 'object' || value === null) return literal(null);
    const fields = Object.entries(value).map(([key, field]) => [key, this.#of(key, field, depth + 1)] as const);
    return { kind: 'record', fields: new Map(fields) };
  }

  variable(name: string): string {
    const variable = `${this.#prefix}_${upperSnake(name) || 'VALUE'}`;
    return isReserved(variable) ? `APP_${variable}` : variable;
  }
}

const LONGEST_VARIABLE = 40;

/** `cardNumber` → `CARD_NUMBER`; nothing but A–Z, 0–9 and _. */
function upperSnake(name: string): string {
  return name
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, LONGEST_VARIABLE)
    .toUpperCase();
}
