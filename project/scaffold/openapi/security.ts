import { toLiteral, type Value } from '../draft.ts';
import type { Description } from './operation.ts';
import { type Fields, toFields, toList, toText } from './read.ts';
import { Unusable } from './unusable.ts';

/** What a request carries to be let in. */
interface Credentials {
  readonly headers: ReadonlyMap<string, Value>;
  readonly query: ReadonlyMap<string, Value>;
  readonly cookies: ReadonlyMap<string, Value>;
}

/**
 * The credentials that an operation needs, as secrets of the scenario: one variable for each security scheme. Of several
 * ways the first is taken that can be sent. A requirement without schemes needs nothing.
 * @throws Unusable if there is none
 */
export function findCredentials(description: Description, operation: Fields): Credentials {
  const requirements = toList(operation.security ?? description.document.security).map((it) =>
    Object.keys(toFields(it)),
  );
  const none = { headers: new Map(), query: new Map(), cookies: new Map() };
  if (requirements.length === 0 || requirements.some((names) => names.length === 0)) return none;
  if (!description.with_auth) throw new Unusable('needs authentication (left out by --without-auth)');
  const usable = requirements.find((names) => names.every((name) => toPlace(description, name)));
  if (!usable)
    throw new Unusable(
      'needs authentication that a header, query or cookie cannot carry',
      `: ${requirements.flat().join(', ')}`,
    );
  const credentials = none;
  for (const name of usable) {
    const found = toPlace(description, name);
    if (found) credentials[found.place].set(found.name, found.value);
  }
  return credentials;
}

function toPlace(
  { document, references, values }: Description,
  name: string,
): { place: keyof Credentials; name: string; value: Value } | null {
  const schemes = toFields(toFields(document.components).securitySchemes ?? document.securityDefinitions);
  const scheme = toFields(references.follow(Object.hasOwn(schemes, name) ? schemes[name] : undefined));
  const secret = values.toVariable(name);
  const authorization = (kind: string, value: Value) =>
    ({
      place: 'headers',
      name: 'Authorization',
      value: { kind: 'joined', parts: [toLiteral(`${kind} `), value] },
    }) as const;
  switch (toText(scheme.type)) {
    case 'apiKey': {
      const place = ({ header: 'headers', query: 'query', cookie: 'cookies' } as const)[toText(scheme.in)];
      return place ? { place, name: toText(scheme.name), value: secret } : null;
    }
    case 'basic':
      return authorization('Basic', { kind: 'base64', value: secret });
    case 'http':
      if (/^basic$/i.test(toText(scheme.scheme))) return authorization('Basic', { kind: 'base64', value: secret });
      return /^bearer$/i.test(toText(scheme.scheme))
        ? authorization('Bearer', secret)
        : authorization(toText(scheme.scheme), secret);
    case 'oauth2':
    case 'openIdConnect':
      return authorization('Bearer', secret);
    default:
      return null;
  }
}
