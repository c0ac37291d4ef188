import { LosslessNumber } from 'lossless-json';
import { isReserved } from '../../contract/reserved-names.ts';
import { toLiteral, type Value } from './draft.ts';

/** Names of fields whose values are never written to a file. */
const SENSITIVE =
  /pass(word|wd|phrase|code)?$|pwd|secret|token|api[-_]?key|\bauth(orization)?$|\botp\b|\bpin\b|cvv|cvc|card[-_]?number|iban|\bssn\b|sess(ion)?(_?id)?$|csrf|xsrf|signature|credential|jwt/i;
/** A JSON web token, or random text longer than ids are. */
const SECRET_FORM = /^eyJ[\w-]+\.|^(?=.*\d)(?=.*[a-z])(?=.*[A-Z])[A-Za-z0-9_+/=-]{40,}$/;
/** A secret in a text without fields, such as XML, cannot be told from the rest. */
const SENSITIVE_TEXT =
  /pass(word|wd|phrase|code)|pwd|secret|token|api[-_]?key|authorization|cvv|cvc|card[-_]?number|iban\b|credential|\beyJ[\w-]+\./i;

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
    if (typeof value === 'number' || value instanceof LosslessNumber) return SENSITIVE.test(name);
    return (
      typeof value === 'string' &&
      value !== '' &&
      (SENSITIVE.test(name) || SECRET_FORM.test(value) || this.#known.has(value))
    );
  }

  /** Whether a text may hold a secret somewhere. */
  mayHoldSecret(text: string): boolean {
    return SENSITIVE_TEXT.test(text) || this.holdsKnownSecret(text);
  }

  holdsKnownSecret(text: string): boolean {
    return [...this.#known].some((secret) => text.includes(secret));
  }

  /** Turns a recorded value into one for the code: a secret becomes a variable. */
  toValue(name: string, value: unknown): Value {
    if (this.isSecret(name, value)) return this.toVariable(name);
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return toLiteral(value);
    if (value instanceof LosslessNumber) return { kind: 'number', digits: value.value };
    if (Array.isArray(value)) return { kind: 'list', items: value.map((item) => this.toValue(name, item)) };
    if (typeof value !== 'object' || value === null) return toLiteral(null);
    const fields = Object.entries(value).map(([key, field]) => [key, this.toValue(key, field)] as const);
    return { kind: 'record', fields: new Map(fields) };
  }

  /** A variable for a value that is known to be a secret. */
  toVariable(name: string): Value {
    return { kind: 'variable', name: this.variableName(name) };
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
