import { expect, it } from 'vitest';
import { findReleaseProblems, readReleaseNotes } from './release-notes.ts';

const RELEASED = '# Changelog\n\n## 0.2.0 (2026-12-01)\n\n- new\n\n### Part\n\n- more\n\n## 0.1.0\n\n- old\n';

it('reads the section of a version, and nothing of its neighbours', () => {
  expect(readReleaseNotes(RELEASED, '0.2.0')).toBe('- new\n\n### Part\n\n- more\n');
});

it.for([
  ['tag and version agree', RELEASED, 'v0.2.0', null],
  ['the tag is of another version', RELEASED, 'v0.2.1', 'the tag is v0.2.1, package.json has 0.2.0'],
  ['the tag has another form', RELEASED, '0.2.0', 'the tag 0.2.0 is not v and a version'],
  ['the section has no date', RELEASED.replace(' (2026-12-01)', ''), 'v0.2.0', 'the newest section of CHANGELOG.md is'],
  ['a dot is not any character', RELEASED.replace('0.2.0 (', '0x2.0 ('), 'v0.2.0', 'the newest section'],
  ['changes are left over', RELEASED.replace('## 0.2.0', '## Unreleased\n\n- late\n\n## 0.2.0'), 'v0.2.0', 'not empty'],
] as const)('says what is wrong: %s', ([, changelog, tag, problem]) => {
  const manifest = { version: '0.2.0', repository: 'github:acme/loadstar' };
  const problems = findReleaseProblems(changelog, manifest, tag).join('; ');
  if (problem) expect(problems).toContain(problem);
  else expect(problems).toBe('');
});

it('wants the repository, which npm compares with the one that publishes', () => {
  expect(findReleaseProblems(RELEASED, { version: '0.2.0' }, 'v0.2.0')).toEqual(['package.json has no `repository`']);
});
