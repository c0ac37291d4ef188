import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { findMisspelt } from './misspelt-variables.ts';

it('finds variables that are nearly one of ours in the environment', () => {
  const env = { BASE_URI: 'a', SCENARIOS: 'b', Target: 'c', TRAGET: 'd', SLACK_WEBHOK_URL: 'e' };
  expect(findMisspelt(env).map(({ name, meant }) => `${name} ${meant}`)).toEqual([
    'BASE_URI BASE_URL',
    'SCENARIOS SCENARIO',
    'Target TARGET',
    'TRAGET TARGET',
    'SLACK_WEBHOK_URL SLACK_WEBHOOK_URL',
  ]);
});

it('leaves alone what belongs to other programs', () => {
  const names = [
    'LOCALE',
    'INPUT',
    'FTP_PROXY',
    'ALL_PROXY',
    'http_proxy',
    'no_proxy',
    'GITHUB_REPOSITORY_ID',
    'TARGETARCH',
  ];
  const others = ['AWS_PROFILE', 'GITHUB_API_URLS', 'INFLUX_HOST', 'SMTP_PORT', 'GRAFANA_HOST', 'STAGING_URL', 'SHELL'];
  expect(findMisspelt(Object.fromEntries([...names, ...others].map((name) => [name, 'x'])))).toEqual([]);
});

it('reads what make passes on', () => {
  const directory = mkdtempSync(join(tmpdir(), 'loadstar-make-'));
  const program = 'console.log(JSON.stringify(process.env))';
  writeFileSync(join(directory, 'Makefile'), `all:\n\t@"${process.execPath}" -e '${program}'\n`);
  const given = ['SCNEARO=search', 'LOCALE=de', 'PROFILE=load', 'WHY=it is PROFLES=x of', 'RUN=a'];
  const options = { cwd: directory, env: { PATH: process.env.PATH, MAKEFLAGS: '' } };
  const env = JSON.parse(execFileSync('make', ['--no-print-directory', ...given], options).toString()) as object;
  rmSync(directory, { recursive: true });
  expect(findMisspelt(env as Record<string, string>)).toEqual([
    { name: 'SCNEARO', meant: 'SCENARIO', is_of_make: true },
  ]);
});
