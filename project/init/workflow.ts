import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { VERSIONS } from '../../contract/versions.ts';
import type { Package } from '../../lib/package-version.ts';
import type { PackageManager } from './package-manager.ts';

/** What the CI of a team's repository depends on. */
export interface CiPlace {
  /** Absolute. */
  readonly repository: string;
  /** Directory of the project, relative to the repository; empty: the repository itself. */
  readonly directory: string;
  readonly package_manager: Pick<PackageManager, 'name' | 'install_locked' | 'exec'>;
  /** Name of a target that CI can reach; null: the built-in demo. */
  readonly target: string | null;
}

/** A file that runs the load tests of a project in CI. */
export interface CiFile {
  readonly service: 'GitHub' | 'GitLab';
  /** Relative to the repository. */
  readonly file: string;
  readonly text: string;
  /** What the team has to add to a file of its own. */
  readonly next?: string;
}

const WORKFLOW = '.github/workflows/load-test.yml';
const GITLAB_CI = '.gitlab-ci.yml';
const GITLAB_JOB = '.gitlab/loadstar.yml';
const GITHUB_ADDRESS = /github(?:\.com[/:]|:)([\w.-]+\/[\w.-]+?)(?:\.git)?$/;

/** By what the repository has already: its files and its remotes. Without a sign of GitLab: GitHub. */
export function ciFile(place: CiPlace, loadstar: Pick<Package, 'version' | 'repository'>): CiFile {
  const template = templateAddress(loadstar);
  if (!isOnGitlab(place.repository)) {
    return {
      service: 'GitHub',
      file: WORKFLOW,
      text: template ? callingWorkflow(place, template) : ownWorkflow(place),
    };
  }
  const text = template ? extendingJob(place, template) : ownJob(place);
  if (!existsSync(join(place.repository, GITLAB_CI))) return { service: 'GitLab', file: GITLAB_CI, text };
  return { service: 'GitLab', file: GITLAB_JOB, text, next: `add to ${GITLAB_CI}: include: "${GITLAB_JOB}"` };
}

function isOnGitlab(repository: string): boolean {
  if (existsSync(join(repository, GITLAB_CI))) return true;
  const config = join(repository, '.git', 'config');
  return existsSync(config) && /^\s*url\s*=.*gitlab/im.test(readFileSync(config, 'utf8'));
}

/** Loadstar's own repository on GitHub, which has the workflow to call, and the tag of this version. */
interface Template {
  readonly name: string;
  readonly tag: string;
}

function templateAddress({ version, repository }: Pick<Package, 'version' | 'repository'>): Template | null {
  const url = typeof repository === 'string' ? repository : (repository?.url ?? '');
  const name = GITHUB_ADDRESS.exec(url)?.[1];
  return name === undefined ? null : { name, tag: `v${version}` };
}

const WHEN = `name: load test

on:
  workflow_dispatch:
  schedule:
    - cron: "0 2 * * 0"
`;

function callingWorkflow({ directory, target }: CiPlace, { name, tag }: Template): string {
  return `${WHEN}
permissions:
  contents: write # the branch loadstar-history
  pull-requests: write # a called job may ask for no more than its caller has

jobs:
  load-test:
    uses: ${name}/.github/workflows/load-test.yml@${tag}
    with:
${directory ? `      directory: ${directory}\n` : ''}      ${target ? `target: ${target}` : 'base_url: demo # or a target of loadstar.config.ts: target: staging'}
      # Secrets and variables that scenarios and targets read, such as: STAGING_TOKEN PAYMENT_KEY
      secrets: ""
      app_commit: \${{ github.sha }}
    secrets: inherit
`;
}

function ownWorkflow({ directory, package_manager, target }: CiPlace): string {
  const place = directory ? `\n    defaults:\n      run:\n        working-directory: ${directory}` : '';
  return `${WHEN}
permissions:
  contents: read

jobs:
  load-test:
    runs-on: ubuntu-latest
    timeout-minutes: 60${place}
    steps:
      - uses: actions/checkout@11d5960a326750d5838078e36cf38b85af677262 # v4.4.0
      - uses: actions/setup-node@49933ea5288caeca8642d1e84afbd3f7d6820020 # v4.4.0
        with:
          node-version: 20
      - run: ${package_manager.install_locked}
      - run: ${runCommand(package_manager, target)}
      - if: always()
        uses: actions/upload-artifact@ea165f8d65b6e75b540449e92b4886f43607fa02 # v4.6.2
        with:
          name: load-test
          path: ${below(directory, 'results/')}
`;
}

function extendingJob({ directory, target }: CiPlace, { name, tag }: Template): string {
  return `include:
  - remote: https://raw.githubusercontent.com/${name}/${tag}/.gitlab/load-test.yml

load-test:
  extends: .loadstar
  variables:
${directory ? `    DIRECTORY: ${directory}\n` : ''}    ${target ? `TARGET: ${target}` : 'BASE_URL: demo # or a target of loadstar.config.ts: TARGET: staging'}
`;
}

/** Debian 13 has Node.js 20, Rust and gcc as packages; k6 and InfluxDB are built once. */
function ownJob({ directory, package_manager, target }: CiPlace): string {
  const go = VERSIONS.go_min.split('.').slice(0, 2).join('.');
  return `load-test:
  image: golang:${go}-trixie
  rules:
    - if: $CI_PIPELINE_SOURCE == "schedule" || $CI_PIPELINE_SOURCE == "web"
  resource_group: $CI_JOB_NAME
  timeout: 3h
  variables:
    ENGINE: native
    XDG_CACHE_HOME: $CI_PROJECT_DIR/.cache
  cache:
    key: loadstar
    paths:
      - .cache/loadstar
    when: always
  before_script:
    - apt-get update -qq
    - apt-get install -y -qq --no-install-recommends nodejs npm cargo gcc git
${directory ? `    - cd ${directory}\n` : ''}    - ${package_manager.install_locked}
  script:
    - ${runCommand(package_manager, target)}
  artifacts:
    when: always
    paths:
      - ${below(directory, 'results/')}
`;
}

function runCommand({ exec }: CiPlace['package_manager'], target: string | null): string {
  return `${exec} run${target ? ` --target ${target}` : ''}`;
}

function below(directory: string, path: string): string {
  return directory ? `${directory}/${path}` : path;
}
