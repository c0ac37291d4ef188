/** What `init` writes. Each file is the team's afterwards: nothing reads a mark in it. */
import { PACKAGE } from '../../contract/package-name.ts';
import { PROJECT_FILES } from '../../contract/project-files.ts';
import { hostAllowed } from '../../profiles/hosts.ts';

/** The script of package.json, and the target of the Makefile. */
export const LOAD_TEST = 'load-test';

/** The target that `init` writes for the address that it was given. */
export function targetName(base_url: string): string {
  return isLoopback(base_url) ? 'local' : 'staging';
}

export function isLoopback(base_url: string): boolean {
  return hostAllowed(new URL(base_url).hostname, []);
}

const EXAMPLE = 'https://staging.example.com';

/** @param name of the project; null: none can be derived. @param base_url of the team's app; null: not known yet */
export function configText(name: string | null, base_url: string | null): string {
  const targets =
    base_url === null
      ? [`// ${targetText('http://localhost:3000')}`, `// ${targetText(EXAMPLE)}`]
      : [targetText(base_url), ...(isLoopback(base_url) ? [`// ${targetText(EXAMPLE)}`] : [])];
  return `import { defineConfig } from '${PACKAGE}';

// The project's name on its runs; targets, users, secrets and limits. Paths are relative to this file; it holds no secret.
export default defineConfig({
  ${name === null ? `// name: 'acme-shop',` : `name: ${quote(name)},`}
  targets: {
    ${targets.join('\n    ')}
  },
});
`;
}

function targetText(base_url: string): string {
  const hosts = isLoopback(base_url) ? '' : `, allowed_hosts: [${quote(new URL(base_url).hostname)}]`;
  return `${targetName(base_url)}: { base_url: ${quote(base_url)}${hosts} },`;
}

/** Types of the scenarios and of the configuration, apart from the team's own settings. */
export const TSCONFIG_TEXT = `${JSON.stringify(
  {
    compilerOptions: {
      target: 'ES2022',
      lib: ['ES2023'],
      module: 'ESNext',
      moduleResolution: 'Bundler',
      types: ['k6'],
      strict: true,
      skipLibCheck: true,
      resolveJsonModule: true,
      allowImportingTsExtensions: true,
      noEmit: true,
    },
    include: ['.', `../${PROJECT_FILES.config}`],
  },
  null,
  2,
)}\n`;

/** What git must not keep. @param packages whether the packages are not ignored yet */
export function ignoredLines(packages: boolean): string[] {
  return [...(packages ? ['node_modules/'] : []), `/${PROJECT_FILES.state}/`, `/${PROJECT_FILES.results}/`];
}

/** @param command that runs the load tests; @param install that brings the packages */
export function makeTarget(command: string, install: string, target: string | null): string {
  const choice = target === null ? '' : `export TARGET ?= ${target}\n`;
  return `.PHONY: ${LOAD_TEST}
${choice}${LOAD_TEST}: ## run load tests: SCENARIO=a,b|all PROFILE=smoke|load TARGET=name BASE_URL=...
\t@[ -d node_modules ] || ${install}
\t@${command} run
`;
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
