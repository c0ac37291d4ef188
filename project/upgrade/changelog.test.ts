import { expect, it } from 'vitest';
import { changesBetween, readChangelog } from './changelog.ts';

const TEXT = `# Changelog

## Unreleased

### Upgrade

- Not yet.

## 0.10.0 (2026-12-20)

### Upgrade

- \`--with-auth\` is gone: use
  \`--without-auth\`.
- Run \`loadstar setup\`.

### Measure

- A new figure.

## 0.9.1

- Repaired.

## 0.9.0

### Upgrade

- Old.
`;

it('reads what each version asks for, newest first, without what is not released', () => {
  expect(readChangelog(TEXT)).toEqual([
    { version: '0.10.0', upgrade: ['`--with-auth` is gone: use `--without-auth`.', 'Run `loadstar setup`.'] },
    { version: '0.9.1', upgrade: [] },
    { version: '0.9.0', upgrade: ['Old.'] },
  ]);
});

it('leaves out versions up to the installed one, and those after the newest', () => {
  const versions = (installed: string, newest: string) =>
    changesBetween(readChangelog(TEXT), installed, newest).map(({ version }) => version);
  expect(versions('0.9.0', '0.10.0')).toEqual(['0.10.0', '0.9.1']);
  expect(versions('0.9.0', '0.9.1')).toEqual(['0.9.1']);
  expect(versions('0.10.0', '0.10.0')).toEqual([]);
});
