import { ENV, type EnvVar, NEVER_EMPTY } from '../../contract/env.ts';
import { EXIT_MEANING } from '../../contract/exit-codes.ts';
import { COMMAND } from '../../contract/package-name.ts';

/** docs/configuration.md: every environment variable and exit code, from the contract. */
export function configurationPage(): string {
  const variables = Object.entries(ENV as Record<string, EnvVar>).map(
    ([name, { summary, default: value, example, secret }]) =>
      `| \`${name}\` | ${cell(summary)}${secret ? ' (secret)' : ''} | ${value ? `\`${value}\`` : ''} | \`${cell(example)}\` |`,
  );
  const codes = Object.entries(EXIT_MEANING).map(([code, meaning]) => `| ${code} | ${cell(meaning)} |`);
  const never_empty = NEVER_EMPTY.map((name) => `\`${name}\``).join(',\n');
  return `<!-- GENERATED from contract/ by \`make generate\`. -->
# Configuration

For everyone who runs Loadstar: every environment variable and every exit code.

Every setting is an environment variable. Most have an option of \`${COMMAND} run\` too; the option wins.

An empty variable counts as unset, except those that decide what is loaded, compared or notified. If one of these is set
and empty, as a CI secret that does not exist, \`loadstar run\`, \`finish\` and \`k8s\` exit with 2:
${never_empty}. An empty option or argument is refused everywhere.

| variable | meaning | default | example |
|---|---|---|---|
${variables.join('\n')}

## Exit codes

These are the exit codes of \`${COMMAND}\`. \`make\` itself ends with 2 whenever a command fails.

| code | meaning |
|---|---|
${codes.join('\n')}
`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
