import { ENV } from '../contract/env.ts';
import { nearestName } from './near-name.ts';

export interface MisspeltVariable {
  readonly name: string;
  /** The variable of Loadstar that is probably meant. */
  readonly meant: string;
  /** Whether it was given to make, as `make load-test SCENARO=search`, and not set in the environment. */
  readonly is_of_make: boolean;
}

type Env = Readonly<Record<string, string | undefined>>;

/** Others write these: what resembles them is rather another variable of theirs. */
const SET_BY_CI = /^(GITHUB_|ImageOS$)/;
const KNOWN = Object.keys(ENV).filter((name) => !SET_BY_CI.test(name));
/** Short names resemble each other. */
const SHORTEST = 5;
/** In a name of this length, two mistakes still leave no doubt. */
const LONG = 7;

/**
 * Variables that are none of Loadstar's, and nearly one. The environment is full of variables of other programs, so there
 * only one mistake counts; what is given to make is meant for Loadstar.
 */
export function findMisspelt(env: Env): MisspeltVariable[] {
  const of_make = new Set(makeVariables(env));
  return Object.keys(env).flatMap((name) => {
    if (name.length < SHORTEST || isKnown(name)) return [];
    const is_of_make = of_make.has(name);
    const meant = nearestName(name, KNOWN, is_of_make && name.length >= LONG ? 2 : 1);
    return meant === null ? [] : [{ name, meant, is_of_make }];
  });
}

/** curl and others read proxies in lower case, and so does Loadstar. */
function isKnown(name: string): boolean {
  return Object.hasOwn(ENV, name) || (name.endsWith('_proxy') && Object.hasOwn(ENV, name.toUpperCase()));
}

/**
 * Names of the variables on make's command line. make passes them on in MAKEFLAGS, after ` -- `, with blanks in values
 * escaped (https://www.gnu.org/software/make/manual/html_node/Options_002fRecursion.html).
 */
function makeVariables({ MAKEFLAGS = '' }: Env): string[] {
  const [, definitions = ''] = MAKEFLAGS.split(/(?:^|\s)--\s/, 2);
  return [...definitions.matchAll(/(?<=^|(?<!\\)\s)(?<name>[A-Za-z_]\w*)\+?:*=/g)].map(
    ({ groups }) => groups?.name ?? '',
  );
}
