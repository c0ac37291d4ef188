import { usageError } from '../../../lib/errors.ts';
import { type DraftCall, type Keep, makeTitle, toLiteral, type Value } from '../draft.ts';
import type { Drafted } from '../source.ts';
import { Values } from '../values.ts';
import { Chain, nameOfParam, type Provider, singular, squash, startsWith } from './chain.ts';
import {
  convertOperation,
  type Description,
  isEnumerated,
  listOperations,
  type Operation,
  type Supply,
} from './operation.ts';
import { type Fields, readOpenApi, toText } from './read.ts';
import { EXTERNAL, References } from './references.ts';
import { Samples } from './samples.ts';
import { findOrigin } from './servers.ts';
import { tryUsable, Unusable } from './unusable.ts';

/** A longer tour should be split. */
const MOST_CALLS = 200;
const PAUSE_S = 1;
const SHOWN = 10;
/** Fields of what is created that often must differ from all others. */
const UNIQUE = /^(name|title|label|login|user_?name|e?mail|slug|key|uid|identifier)$/i;
const UNIQUE_LETTERS = 11;
/** Words in the name of a POST that deletes, overwrites or ends something. */
const DESTRUCTIVE =
  /\b(un)?(delete|remove|purge|prune|wipe|destroy|truncate|flush|drop|clear|evict|drain|reset|restore|revoke|rotate|invalidate|shutdown|stop|kill|restart|reboot|uninstall|disable|deactivate|suspend|logout|leave)(s|d|all)?\b/i;
/** Texts begin with what an operation does, and may mention the rest. */
const DESTRUCTIVE_START = new RegExp(`^\\W*${DESTRUCTIVE.source}`, 'i');

/**
 * Converts an API description to a tour: every operation whose parameters the description provides, once per iteration.
 * What an iteration creates it reads, changes and deletes; nothing else is changed or deleted.
 * @param source file or address
 * @throws LoadstarError (usage) if it is no description, or no operation can be called
 */
export async function draftFromOpenApi(
  name: string,
  source: string,
  with_auth: boolean,
  most_calls = MOST_CALLS,
): Promise<Drafted> {
  const { document, url, others } = await readOpenApi(source);
  const references = new References({ document, others });
  const samples = new Samples(references);
  const description = { document, url, references, samples, values: new Values(name, []), with_auth };
  const tour = new Tour(description);
  const calls = tour.collect(most_calls);
  if (calls.length === 0) throw nothingLeft(tour.left_out);
  const notes = describeLeftOut(tour.left_out);
  if (tour.cut > 0)
    notes.push(`left out: ${tour.cut} more, because ${most_calls} requests are enough for one scenario`);
  return {
    draft: {
      title: makeTitle(name),
      journey: 'A tour of the API: every operation that it describes.',
      steps: [
        {
          group: null,
          calls: calls.map((call, index) => ({ ...call, think_s: index === calls.length - 1 ? PAUSE_S : 0 })),
        },
      ],
    },
    notes,
    origin: findOrigin(url, document),
  };
}

/** A call, with what later ones take from it. */
interface Planned {
  readonly operation: Operation;
  readonly call: DraftCall;
  readonly keeps: Keep[];
}

/** Calls in an order in which each finds what it needs: what is created first is deleted last. */
class Tour {
  readonly left_out: { readonly name: string; readonly why: Unusable }[] = [];
  /** How many operations were not looked at, because there are enough. */
  cut = 0;
  readonly #description: Description;
  readonly #operations: readonly Operation[];
  readonly #chain: Chain;
  /** null while it is converted: it cannot need itself. */
  readonly #planned = new Map<Operation, Planned | null>();
  readonly #names = new Map<string, Provider>();
  readonly #deleted = new Set<Operation>();

  constructor(description: Description) {
    this.#description = description;
    this.#operations = listOperations(description, (name, why) => this.left_out.push({ name, why }));
    this.#chain = new Chain(this.#operations, description.references, description.samples);
  }

  collect(most_calls: number): DraftCall[] {
    for (const operation of this.#operations.filter(({ method }) => method !== 'DELETE'))
      this.#planWithin(operation, most_calls);
    // The last of a call is what it deletes, so that nothing is left.
    const deletes = this.#operations.filter(({ method }) => method === 'DELETE');
    deletes.sort((a, b) => b.segments.length - a.segments.length);
    for (const operation of deletes) this.#planWithin(operation, Number.POSITIVE_INFINITY);
    const planned = [...this.#planned.values()].filter((it) => it !== null);
    const order = planned.filter(({ operation }) => operation.method !== 'DELETE');
    const creatorOf = ({ call }: Planned) => {
      const names = [...call.params.values()].flatMap((it) => (it.kind === 'kept' ? [it.name] : []));
      return Math.max(...names.map((it) => order.findIndex(({ keeps }) => keeps.some(({ name }) => name === it))));
    };
    const last = planned
      .filter(({ operation }) => operation.method === 'DELETE')
      .sort((a, b) => creatorOf(b) - creatorOf(a) || b.operation.segments.length - a.operation.segments.length);
    return [...order, ...last].map(({ call, keeps }) => ({ ...call, keeps }));
  }

  #planWithin(operation: Operation, most_calls: number): void {
    const is_known = this.#planned.has(operation);
    if (!is_known && [...this.#planned.values()].filter((it) => it).length >= most_calls) this.cut += 1;
    else this.#plan(operation);
  }

  #plan(operation: Operation): Planned | null {
    const known = this.#planned.get(operation);
    if (known !== undefined) return known;
    this.#planned.set(operation, null);
    const keeps: Keep[] = [];
    const planned = tryUsable<Planned | null>(
      () => {
        const owned = this.#requireOwn(operation);
        const call = convertOperation(this.#description, operation, this.#supplyFor(operation, keeps));
        if (owned) this.#deleted.add(owned);
        return { operation, call, keeps };
      },
      (why) => {
        this.left_out.push({ name: `${operation.method} ${operation.path}`, why });
        return null;
      },
    );
    // Again at the end of the map: what it needs comes before it.
    this.#planned.delete(operation);
    this.#planned.set(operation, planned);
    return planned;
  }

  /** @returns what creates the thing that the operation deletes. @throws Unusable if it would change anything else */
  #requireOwn(operation: Operation): Operation | null {
    const { method, segments } = operation;
    if (method === 'GET') return null;
    const params = segments.map(nameOfParam);
    const last = params.filter((it) => it !== null).at(-1);
    const provider = last === undefined ? null : this.#chain.findForPath(operation, last);
    const is_created = provider?.is_created === true && this.#plan(provider.operation) !== null;
    if (method === 'POST') {
      const adds = this.#chain.findCreated(operation).length > 0;
      // `POST /user/using/{orgId}` changes the user, and not the organisation.
      const is_below = provider !== null && startsWith(segments, provider.operation.segments);
      if (is_created && (is_below || params.at(-1) === null)) return null;
      const { operationId, summary, description } = operation.fields;
      const says = [summary, description].some((it) => DESTRUCTIVE_START.test(toText(it)));
      if (says || DESTRUCTIVE.test(splitWords(`${segments.at(-1)} ${toText(operationId)}`))) {
        throw new Unusable('may delete or stop what the scenario does not create');
      }
      if (last === undefined || adds || !provider) return null;
      throw new Unusable('changes what the scenario does not create');
    }
    if (!is_created)
      throw new Unusable(`${method === 'DELETE' ? 'deletes' : 'changes'} what the scenario does not create`);
    if (method !== 'DELETE' || params.at(-1) === null) return null;
    if (this.#deleted.has(provider.operation)) throw new Unusable('deletes what another request deletes');
    return provider.operation;
  }

  #supplyFor(operation: Operation, keeps: Keep[]): Supply {
    const created = this.#chain.findCreated(operation);
    const own_fields = new Map(
      created.flatMap((provider) =>
        typeof provider.from === 'object' && 'body_field' in provider.from
          ? [[provider.from.body_field, provider] as const]
          : [],
      ),
    );
    return {
      ofParameter: (parameter) => {
        const name = toText(parameter.name);
        if (isEnumerated(this.#description, parameter)) return null;
        const provider =
          parameter.in === 'path' ? this.#chain.findForPath(operation, name) : this.#chain.findByName(name);
        const kept = provider && this.#keep(operation, provider, false);
        if (kept || parameter.in !== 'path') return kept;
        // What creates it cannot be called: something that is there can still be read.
        const listed = this.#chain.findListed(operation, name);
        return listed && this.#keep(operation, listed, false);
      },
      ofReference: (name, is_number) => {
        const provider = this.#chain.findByName(name);
        return provider && this.#keep(operation, provider, is_number);
      },
      ofField: (name, made, schema) => {
        const is_number = typeof made !== 'string';
        // A change keeps the name by which the thing is deleted.
        const param = operation.segments.map(nameOfParam).find((it) => it !== null && squash(it) === squash(name));
        const provider = param ? this.#chain.findForPath(operation, param) : this.#chain.findByName(name);
        const supplied = provider && this.#keep(operation, provider, is_number);
        if (supplied) return supplied;
        const own = own_fields.get(name);
        const value =
          created.length > 0 && (own || UNIQUE.test(name)) && !is_number ? makeUnique(toText(made), schema) : null;
        if (!own) return value;
        const keep = { name: this.#nameOf(own), from: value ?? toLiteral(made as string), is_required: false };
        if (!keeps.some((it) => it.name === keep.name)) keeps.push(keep);
        return { kind: 'kept', name: keep.name, is_number };
      },
    };
  }

  /** A value that an earlier call keeps. @returns null if that call cannot be made */
  #keep(operation: Operation, provider: Provider, is_number: boolean): Value | null {
    const source = provider.operation === operation ? null : this.#plan(provider.operation);
    if (!source) return null;
    const name = this.#nameOf(provider);
    if (!source.keeps.some((it) => it.name === name)) {
      if (typeof provider.from === 'object' && 'body_field' in provider.from) return null;
      source.keeps.push({ name, from: provider.from, is_required: provider.is_created });
    }
    return { kind: 'kept', name, is_number };
  }

  /** A name for the variable, of letters and digits. */
  #nameOf({ operation, from, ...more }: Provider): string {
    for (const [name, it] of this.#names) {
      if (it.operation === operation && JSON.stringify(it.from) === JSON.stringify(from)) return name;
    }
    const field =
      from === 'location'
        ? 'id'
        : typeof from === 'object' && 'body_field' in from
          ? from.body_field
          : String(from.at(-1));
    const kind = singular(operation.segments).replace(/^[^a-z]+/, '') || 'item';
    const base = `${kind}_${squash(field) || 'id'}`;
    let name = base;
    for (let count = 2; this.#names.has(name); count += 1) name = `${base}_${count}`;
    this.#names.set(name, { operation, from, ...more });
    return name;
  }
}

/** `bulkDelete_v2` → `bulk Delete v2` */
function splitWords(name: string): string {
  return name.replace(/([a-z])([A-Z])/g, '$1 $2').replace(/[^A-Za-z0-9]+/g, ' ');
}

/** @returns null if the schema leaves no room for it */
function makeUnique(text: string, { pattern, maxLength, minLength, format }: Fields): Value | null {
  const email = /^[\w.+-]+(@[\w.-]+)$/.exec(text)?.[1];
  if (pattern !== undefined || (format !== undefined && !/^(idn-)?email$/.test(toText(format)))) return null;
  const most = Number(toText(maxLength) || 100) - UNIQUE_LETTERS - (email?.length ?? 0);
  const prefix = (email ? text.slice(0, -email.length) : text).slice(0, Math.max(most, 0));
  if (prefix === '' || (minLength !== undefined && prefix.length + UNIQUE_LETTERS < Number(toText(minLength))))
    return null;
  const unique = { kind: 'unique', prefix } as const;
  return email ? { kind: 'joined', parts: [unique, toLiteral(email)] } : unique;
}

type LeftOut = readonly { readonly name: string; readonly why: Unusable }[];

/** The first ones by name, and the others by their reasons. */
function describeLeftOut(left_out: LeftOut): string[] {
  const others = left_out.slice(SHOWN);
  return [
    ...left_out.slice(0, SHOWN).map(({ name, why }) => `left out: ${name}: ${why.message}`),
    ...(others.length > 0 ? [`left out: ${others.length} more: ${countReasons(others)}`] : []),
    ...(hasExternal(left_out) ? [`${HOW_TO_BUNDLE}, to include what refers to other files`] : []),
  ];
}

function countReasons(left_out: LeftOut): string {
  const counts = new Map<string, number>();
  for (const { why } of left_out) counts.set(why.reason, (counts.get(why.reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => `${reason} (${count})`).join(', ');
}

const HOW_TO_BUNDLE = 'bundle the description into one file first, for example with `npx @redocly/cli bundle`';

function hasExternal(left_out: LeftOut): boolean {
  return left_out.some(({ why }) => why.reason === EXTERNAL);
}

function nothingLeft(left_out: LeftOut): Error {
  const [first] = left_out;
  if (!first) return usageError('a description with operations', 'none', 'write a scenario without --from-openapi');
  const next = hasExternal(left_out) ? HOW_TO_BUNDLE : 'add examples to the description';
  const found = `${first.name}: ${first.why.message}${left_out.length > 1 ? `; reasons of all: ${countReasons(left_out)}` : ''}`;
  return usageError('a description with an operation whose parameters have examples', found, next);
}
