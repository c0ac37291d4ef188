/**
 * A project's name is a tag of its runs and samples, and part of ids in Grafana: so it is short, and needs no quoting
 * anywhere.
 */
export const PROJECT_NAME = {
  pattern: /^[a-z0-9]+(-[a-z0-9]+)*$/,
  longest: 40,
  expected: 'a name of lowercase letters, digits and single dashes, at most 40 characters',
} as const;

/** The runs of a clone of Loadstar itself. */
export const OWN_PROJECT = 'loadstar';

export function isProjectName(text: string): boolean {
  return PROJECT_NAME.pattern.test(text) && text.length <= PROJECT_NAME.longest;
}

/** The name nearest to a text, such as `acme-shop` of `@acme/shop`. @returns '' if it holds no letter or digit of ASCII */
export function toProjectName(text: string): string {
  const words = text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return words.join('-').slice(0, PROJECT_NAME.longest).replace(/-$/, '');
}
