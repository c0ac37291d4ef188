import { expect, it } from 'vitest';
import { OWN_PROJECT } from '../../contract/project-name.ts';
import { provisioningFiles } from '../generate.ts';

/** Parts of a text may be empty: a column holds the whole. */
const PART = /\(if [^()]*""[^()]*\)/g;

it('no query makes a column that may hold an empty text: Flux moves the values below it to other rows', () => {
  const queries = [...provisioningFiles(OWN_PROJECT)].flatMap(([name, text]) => {
    const found = name.endsWith('.json') ? text.match(/"query": "(?:[^"\\]|\\.)*"/g) : [text];
    return (found ?? []).map((query) => [name, query.replaceAll('\\"', '"')] as const);
  });
  expect(queries.length).toBeGreaterThan(100);
  const wrong = queries.filter(([, query]) => /(?::|then|else|=) ""/.test(query.replace(PART, '')));
  expect(
    wrong.map(([name, query]) => `${name}: ${/.{60}(?::|then|else|=) "".{20}/s.exec(query.replace(PART, ''))?.[0]}`),
  ).toEqual([]);
});
