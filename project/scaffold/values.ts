import { isReserved } from '../../contract/reserved-names.ts';
import { toLiteral, type Value } from './draft.ts';

/** Names of fields whose values are never written to a file. */
const SENSITIVE =
  /pass(word|wd|phrase|code)?$|pwd|secret|token|api[-_]?key|\bauth(orization)?$|\botp\b|\bpin\b|cvv|cvc|card[-_]?number|iban|\bssn\b|session(_?id)?$|csrf|xsrf|signature|credential|jwt/i;
/** A JSON web token, or random text longer than ids are. */
const SECRET_FORM = /^eyJ[\w-]+\.|^(?=.*\d)(?=.*[a-z])(?=.*[A-Z])[A-Za-z0-9_+/=-]{40,}$/;
const DEEPEST = 30;

/** Makes the values in the code of a scenario. Secrets become variables. */
export class Values {
  readonly #prefix: string;
  readonly #known: ReadonlySet<string>;

  /** @param scenario prefix of the variables. @param known secrets found elsewhere, such as cookies */
  constructor(scenario: string, known: Iterable<string>) {
    this.#prefix = toUpperSnake(scenario);
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

  /** Turns a recorded value into one for the code: a secret becomes a variable. */
  toValue(name: string, value: unknown): Value {
    return this.#convert(name, value, 0);
  }

  #convert(name: string, value: unknown, depth: number): Value {
    if (depth > DEEPEST) return toLiteral(null);
    if (this.isSecret(name, value)) return { kind: 'variable', name: this.variableName(name) };
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return toLiteral(value);
    if (Array.isArray(value)) return { kind: 'list', items: value.map((item) => this.#convert(name, item, depth + 1)) };
    if (typeof value !== 'object' || value === null) return toLiteral(null);
    const fields = Object.entries(value).map(([key, field]) => [key, this.#convert(key, field, depth + 1)] as const);
    return { kind: 'record', fields: new Map(fields) };
  }

  variableName(name: string): string {
    const variable = `${this.#prefix}_${toUpperSnake(name) || 'VALUE'}`;
    return isReserved(variable) ? `APP_${variable}` : variable;
  }
}

const LONGEST_VARIABLE = 40;

/** `cardNumber` → `CARD_NUMBER`: only A–Z, 0–9 and _. */
function toUpperSnake(name: string): string {
  return name
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, LONGEST_VARIABLE)
    .toUpperCase();
}
