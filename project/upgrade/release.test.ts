import { readFileSync } from 'node:fs';
import { diff, gt, lt } from 'semver';
import { describe, expect, it } from 'vitest';
import { FORMATS } from '../../contract/formats.ts';
import { packageVersion } from '../../lib/package-version.ts';
import { readChangelog, sections, upgradeLines } from './changelog.ts';

const ROOT = new URL('../../', import.meta.url).pathname;
const text = readFileSync(`${ROOT}CHANGELOG.md`, 'utf8');
const versions = readChangelog(text);
const [newest_section, before] = sections(text, '## ');

/** The line "Formats" of a section. */
function formatsOf(body: string | undefined): string | undefined {
  return /^Formats: (.+)\.$/m.exec(body ?? '')?.[1];
}

describe('CHANGELOG.md', () => {
  it('has the version of package.json as its newest, and older ones below', () => {
    const numbers = versions.map(({ version }) => version);
    expect(numbers[0]).toBe(packageVersion(ROOT));
    for (const [place, version] of numbers.slice(1).entries()) expect(gt(numbers[place] ?? '', version)).toBe(true);
  });

  it('says in its newest section which formats this version writes', () => {
    const formats = Object.entries(FORMATS).map(([name, version]) => `${name} ${version}`);
    expect(formatsOf(newest_section?.body)).toBe(formats.join(', '));
  });

  it('says what to change where a format changes', () => {
    const is_equal = formatsOf(newest_section?.body) === formatsOf(before?.body);
    if (!is_equal) expect(upgradeLines(newest_section?.body ?? '').length).toBeGreaterThan(0);
    expect(formatsOf(before?.body)).toBeDefined();
  });

  it('asks for changes in no patch version', () => {
    const released = versions.map((it, place) => ({ ...it, previous: versions[place + 1]?.version ?? '0.0.0' }));
    for (const { version, previous, upgrade } of released) {
      expect(lt(previous, version)).toBe(true);
      if (upgrade.length > 0) expect(diff(version, previous), version).not.toBe('patch');
    }
  });
});
