/** What CHANGELOG.md says of a release. Its sections are `## 0.2.0 (2026-12-01)`, the newest first. */

/** What package.json says of the package. */
export interface Manifest {
  readonly version: string;
  readonly repository?: unknown;
}

/** @returns what keeps a version from being released with a tag; empty: nothing */
export function findReleaseProblems(changelog: string, { version, repository }: Manifest, tag: string): string[] {
  const sections = [...changelog.matchAll(/^## (.*)$/gm)].map((match) => match[1] ?? '');
  const [newest = 'none'] = sections.filter((title) => title !== 'Unreleased');
  return [
    ...(/^v\d+\.\d+\.\d+$/.test(tag) ? [] : [`the tag ${tag} is not v and a version`]),
    ...(tag === `v${version}` ? [] : [`the tag is ${tag}, package.json has ${version}`]),
    ...(newest.startsWith(`${version} (`) && /^\S+ \(\d{4}-\d{2}-\d{2}\)$/.test(newest)
      ? []
      : [`the newest section of CHANGELOG.md is "${newest}", not "${version} (date)"`]),
    // npm refuses a provenance without it, when everything else is published already.
    ...(repository ? [] : ['package.json has no `repository`']),
    ...(readSection(changelog, 'Unreleased').trim() === '' ? [] : ['the section Unreleased is not empty']),
  ];
}

/** The section of a version, for the page of the release. */
export function readReleaseNotes(changelog: string, version: string): string {
  return readSection(changelog, version);
}

function readSection(changelog: string, title: string): string {
  const section = changelog.split(/^## /m).find((text) => text.split(/[\s(]/)[0] === title);
  return section ? `${section.slice(section.indexOf('\n') + 1).trim()}\n` : '';
}
