import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type CiPlace, ciFile } from './workflow.ts';

let repository: string;
beforeEach(() => {
  repository = mkdtempSync(join(tmpdir(), 'loadstar-ci-'));
  mkdirSync(join(repository, '.git'));
});
afterEach(() => rmSync(repository, { recursive: true }));

const NAMED = { version: '0.2.0', repository: { url: 'git+https://github.com/acme/loadstar.git' } };
const UNNAMED = { version: '0.2.0' };
const MANAGER = { name: 'pnpm', install_locked: 'pnpm install --frozen-lockfile', exec: 'pnpm exec loadstar' } as const;

function planned(loadstar: Parameters<typeof ciFile>[1], more: Partial<CiPlace> = {}) {
  const place = { repository, directory: '', package_manager: MANAGER, target: null, ...more };
  const { text, ...planned_file } = ciFile(place, loadstar);
  return { ...planned_file, yaml: parse(text) };
}

/** What a YAML file of Loadstar's repository declares. */
const declared = (file: string) => parse(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8'));

it.each([['git+https://github.com/acme/loadstar.git'], ['git@github.com:acme/loadstar.git'], ['github:acme/loadstar']])(
  'calls the workflow of the repository %s in the version that is installed',
  (address) => {
    const { file, yaml } = planned(
      { version: '0.2.0', repository: address },
      { directory: 'apps/web', target: 'staging' },
    );
    expect(file).toBe('.github/workflows/load-test.yml');
    const { uses, with: inputs } = yaml.jobs['load-test'];
    expect(uses).toBe('acme/loadstar/.github/workflows/load-test.yml@v0.2.0');
    expect(inputs).toMatchObject({ directory: 'apps/web', target: 'staging' });
    const known = Object.keys(declared('.github/workflows/load-test.yml').on.workflow_call.inputs);
    expect(Object.keys(inputs).filter((name) => !known.includes(name))).toEqual([]);
  },
);

it('loads the demo where no target is known that CI can reach', () => {
  expect(planned(NAMED).yaml.jobs['load-test'].with).toMatchObject({ base_url: 'demo' });
});

it('writes the steps themselves if no repository has the workflow', () => {
  const { service, yaml } = planned(UNNAMED, { target: 'staging' });
  expect(service).toBe('GitHub');
  const runs = yaml.jobs['load-test'].steps.flatMap((step: { run?: string }) => step.run ?? []);
  expect(runs).toEqual(['pnpm install --frozen-lockfile', 'pnpm exec loadstar run --target staging']);
});

it('writes a job of GitLab for a repository that has a remote there', () => {
  writeFileSync(join(repository, '.git/config'), '[remote "origin"]\n\turl = git@gitlab.acme.com:shop/web.git\n');
  const own = planned(UNNAMED, { directory: 'apps/web' });
  expect(own).toMatchObject({ service: 'GitLab', file: '.gitlab-ci.yml' });
  expect(own.yaml['load-test']).toMatchObject({
    script: ['pnpm exec loadstar run'],
    artifacts: { paths: ['apps/web/results/'] },
  });
  expect(own.yaml['load-test'].image).toBe(declared('.gitlab/load-test.yml')['.loadstar'].image);
  const { yaml } = planned(NAMED, { directory: 'apps/web', target: 'staging' });
  expect(yaml).toEqual({
    include: [{ remote: 'https://raw.githubusercontent.com/acme/loadstar/v0.2.0/.gitlab/load-test.yml' }],
    'load-test': { extends: '.loadstar', variables: { DIRECTORY: 'apps/web', TARGET: 'staging' } },
  });
});

it("keeps a team's .gitlab-ci.yml, and says what to add to it", () => {
  writeFileSync(join(repository, '.gitlab-ci.yml'), 'stages: [test]\n');
  expect(planned(NAMED)).toMatchObject({
    service: 'GitLab',
    file: '.gitlab/loadstar.yml',
    next: 'add to .gitlab-ci.yml: include: ".gitlab/loadstar.yml"',
  });
});
