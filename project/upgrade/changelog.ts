import { gt, lte, valid } from 'semver';

/** What a version asks of those who upgrade to it. */
export interface VersionChanges {
  readonly version: string;
  /** The points of its section "Upgrade", each in one line; empty: nothing. */
  readonly upgrade: readonly string[];
}

/** Every version of CHANGELOG.md, in its order: newest first. The section "Unreleased" is none. */
export function readChangelog(text: string): VersionChanges[] {
  return sections(text, '## ').flatMap(({ title, body }) => {
    const version = valid(title.split(' ')[0]);
    return version === null ? [] : [{ version, upgrade: upgradeLines(body) }];
  });
}

/** The points of the section "Upgrade" of a version. */
export function upgradeLines(body: string): string[] {
  const upgrade = sections(body, '### ').find(({ title }) => title === 'Upgrade')?.body ?? '';
  return upgrade
    .split(/^- /m)
    .slice(1)
    .map((point) => point.trim().replaceAll(/\s*\n\s*/g, ' '));
}

/** Those after one version, up to and with another. */
export function changesBetween(all: readonly VersionChanges[], installed: string, newest: string): VersionChanges[] {
  return all.filter(({ version }) => gt(version, installed) && lte(version, newest));
}

/** Texts between the headings of one level. */
export function sections(text: string, heading: string): { readonly title: string; readonly body: string }[] {
  return `\n${text.replaceAll('\r\n', '\n')}`
    .split(`\n${heading}`)
    .slice(1)
    .map((part) => {
      const end = part.indexOf('\n');
      return end < 0 ? { title: part, body: '' } : { title: part.slice(0, end), body: part.slice(end + 1) };
    });
}
