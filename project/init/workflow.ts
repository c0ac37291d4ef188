import type { PackageManager } from './package-manager.ts';

/** What the workflow of a team's repository depends on. */
export interface WorkflowPlace {
  /** Directory of the project, relative to the repository; empty: the repository itself. */
  readonly directory: string;
  readonly package_manager: Pick<PackageManager, 'name' | 'install_locked' | 'exec'>;
}

/** The GitHub workflow that runs the load tests of a project. */
export function workflowText({ directory, package_manager }: WorkflowPlace): string {
  const below = (path: string) => (directory ? `${directory}/${path}` : path);
  const place = directory ? `\n    defaults:\n      run:\n        working-directory: ${directory}` : '';
  return `name: load test

on:
  workflow_dispatch:
  schedule:
    - cron: "0 2 * * 0"

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
      - run: ${package_manager.exec} run
      - if: always()
        uses: actions/upload-artifact@ea165f8d65b6e75b540449e92b4886f43607fa02 # v4.6.2
        with:
          name: load-test
          path: ${below('results/')}
`;
}
