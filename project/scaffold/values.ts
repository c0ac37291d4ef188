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

/** Values that earlier answers bring: how the next run takes them from the fresh answer. */
export interface FreshValues {
  /** @returns null for a value that no earlier answer holds */
  toValue(name: string, value: string | number): Value | null;
  /** A text with such values in it: the parts in their order. Null: it holds none. */
  toParts(name: string, text: string): (string | Value)[] | null;
}

const NO_FRESH: FreshValues = { toValue: () => null, toParts: () => null };
/** What is left of a secret beside fresh values, such as `Bearer `, is none. */
const LONGEST_REST = 8;

/** Makes the values in the code of a scenario. Secrets become variables. */
export class Values {
  readonly #scenario: string;
  readonly #prefix: string;
  readonly #known: ReadonlySet<string>;
  readonly #fresh: FreshValues;

  /** @param scenario prefix of the variables. @param known secrets found elsewhere, such as cookies */
  constructor(scenario: string, known: Iterable<string>, fresh: FreshValues = NO_FRESH) {
    this.#scenario = scenario;
    this.#prefix = toUpperSnake(scenario);
    this.#known = new Set(known);
    this.#fresh = fresh;
  }

  /** The same for a request that can use values of earlier answers. */
  withFresh(fresh: FreshValues): Values {
    return new Values(this.#scenario, this.#known, fresh);
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
    if (typeof value === 'string' || typeof value === 'number') {
      const fresh = this.toFresh(name, value);
      if (fresh) return fresh;
    }
    if (this.isSecret(name, value)) return this.toVariable(name);
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return toLiteral(value);
    if (value instanceof LosslessNumber) return { kind: 'number', digits: value.value };
    if (Array.isArray(value)) return { kind: 'list', items: value.map((item) => this.toValue(name, item)) };
    if (typeof value !== 'object' || value === null) return toLiteral(null);
    const fields = Object.entries(value).map(([key, field]) => [key, this.toValue(key, field)] as const);
    return { kind: 'record', fields: new Map(fields) };
  }

  /** A value that an earlier answer brings, or a text that holds one. Null: none, or a secret is beside it. */
  toFresh(name: string, value: string | number): Value | null {
    const whole = this.#fresh.toValue(name, value);
    if (whole || typeof value === 'number') return whole;
    const parts = this.#fresh.toParts(name, value);
    if (!parts) return null;
    const rests = parts.filter((part) => typeof part === 'string');
    const is_secret = rests.some(
      (rest) => (rest.length > LONGEST_REST && SENSITIVE.test(name)) || this.isSecret('', rest),
    );
    if (is_secret || rests.some((rest) => this.holdsKnownSecret(rest))) return null;
    return { kind: 'joined', parts: parts.map((part) => (typeof part === 'string' ? toLiteral(part) : part)) };
  }

  /** A text without fields. Null: what no earlier answer brings may hold a secret. */
  toText(text: string): Value | null {
    const parts = this.#fresh.toParts('', text) ?? [text];
    if (parts.some((part) => typeof part === 'string' && this.mayHoldSecret(part))) return null;
    const values = parts.map((part) => (typeof part === 'string' ? toLiteral(part) : part));
    return values.length === 1 && values[0] ? values[0] : { kind: 'joined', parts: values };
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
