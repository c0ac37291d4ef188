/** Texts and values as somebody would choose them who wishes a reader ill, and good documents that were tampered with. */
import fc from 'fast-check';

/** Would be code, or a tag, wherever it is not treated as data. */
export const MARK = 'pwn3d';

const LONG = 50_000;

/** Each has broken a reader somewhere before. */
const CLASSICS = [
  '',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  '../../../../tmp/escaped',
  '..',
  '/etc/passwd',
  'a/../../b',
  'C:\\..\\x',
  '%2e%2e%2f',
  `<script>${MARK}()</script>`,
  `</script><img src=x onerror=${MARK}()>`,
  `"onmouseover="${MARK}()`,
  `javascript:${MARK}()`,
  `'};globalThis.${MARK}=1;//`,
  `\`\${globalThis.${MARK}=1}\``,
  `*/globalThis.${MARK}=1/*`,
  `\n${MARK}()\n`,
  `\u2028${MARK}()\u2029`,
  '<!channel> <!here> <@U1> @channel',
  '[x](javascript:x)',
  '| a | b |',
  '\u001b]52;c;eA==\u0007\u001b[2J',
  '\u0000',
  '\ud800',
  '\ufeff',
  '\u202etxt.exe',
  '{{ .Secret }}',
  '$GF_SECURITY_ADMIN_PASSWORD',
  '=cmd|calc!A0',
  '1e999',
  '-0',
  'NaN',
  '0x10',
  'a'.repeat(LONG),
  ' '.repeat(LONG),
  `${'a'.repeat(LONG)}!`,
  '1'.repeat(LONG),
  '<http://x'.repeat(LONG / 10),
  '/:id'.repeat(LONG / 10),
  '"'.repeat(LONG),
  '['.repeat(LONG),
  '{"a":'.repeat(LONG / 5),
  '&a [*a,*a]',
  'http://user:password@host/',
  'file:///etc/passwd',
  'http://169.254.169.254/latest/meta-data/',
  '9999-99-99T99:99:99.999Z',
  '+275760-09-13T00:00:00.001Z',
];

export const text: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...CLASSICS) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...CLASSICS.slice(0, 30)), fc.string()).map((it) => it.join('')) },
);

const number = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(0, -1, 1e308, 2 ** 53, -0, 0.1, Number.MIN_VALUE, 99_999_999_999_999),
);

/** As JSON writes it: keys such as `__proto__` are own ones. */
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    text,
    number,
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(text, tie('value')), { maxLength: 4 }).map((pairs) => Object.fromEntries(pairs) as unknown),
    fc.integer({ min: 10, max: 20_000 }).map(deep),
  ),
}));

export { value };

/** So many arrays, one in the other. */
function deep(levels: number): unknown {
  let inner: unknown = 'x';
  for (let level = 0; level < levels; level += 1) inner = level % 2 === 0 ? [inner] : { a: inner };
  return inner;
}

interface Change {
  readonly place: number;
  readonly what: 'replace' | 'remove' | 'rename' | 'repeat';
  readonly value: unknown;
  readonly name: string;
}

const change: fc.Arbitrary<Change> = fc.record({
  place: fc.nat(),
  what: fc.constantFrom('replace', 'remove', 'rename', 'repeat'),
  value,
  name: text,
});

/** A good document in which some values are others, missing, elsewhere or many. */
export function tampered<T>(document: T): fc.Arbitrary<unknown> {
  return fc.array(change, { minLength: 1, maxLength: 5 }).map((changes) => {
    const root = { document: structuredClone(document) as unknown };
    for (const one of changes) apply(root, one);
    return root.document;
  });
}

type Holder = Record<string, unknown> | unknown[];

function apply(root: Holder, { place, what, value, name }: Change): void {
  const places = placesOf(root);
  if (places.length === 0) return;
  const [holder, key] = places[place % places.length] as [Record<string, unknown>, string];
  if (what === 'replace') own(holder, key, value);
  if (what === 'remove') delete holder[key];
  if (what === 'rename' && !Array.isArray(holder) && holder !== root) {
    own(holder, name, holder[key]);
    if (name !== key) delete holder[key];
  }
  if (what === 'repeat' && Array.isArray(holder)) holder.push(...Array.from({ length: 50 }, () => holder[Number(key)]));
}

function own(holder: object, key: string, value: unknown): void {
  Object.defineProperty(holder, key, { value, enumerable: true, writable: true, configurable: true });
}

const MOST_PLACES = 5_000;

function placesOf(root: Holder): [Holder, string][] {
  const places: [Holder, string][] = [];
  const left: Holder[] = [root];
  while (left.length > 0 && places.length < MOST_PLACES) {
    const holder = left.pop() as Holder;
    for (const [key, value] of Object.entries(holder)) {
      places.push([holder, key]);
      if (typeof value === 'object' && value !== null) left.push(value as Holder);
    }
  }
  return places;
}

/** A good text with pieces cut out and put in. */
export function scrambled(document: string): fc.Arbitrary<string> {
  const edit = fc.record({ at: fc.nat(), length: fc.nat(40), put: fc.oneof(text, fc.constant('')) });
  return fc.array(edit, { minLength: 1, maxLength: 5 }).map((edits) =>
    edits.reduce((left, { at, length, put }) => {
      const start = at % (left.length + 1);
      return left.slice(0, start) + put + left.slice(start + length);
    }, document),
  );
}

/** JSON as text; a value that no JSON holds, or that is too deep to be written, is a text by itself. */
export function json(input: unknown): string {
  try {
    return JSON.stringify(input) ?? 'undefined';
  } catch {
    return '['.repeat(LONG);
  }
}
