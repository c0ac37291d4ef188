import { ENV, type EnvVar } from '../../contract/env.ts';
import { EXIT_MEANING } from '../../contract/exit-codes.ts';

/** docs/configuration.md: every environment variable and exit code, from the contract. */
export function configurationPage(): string {
  const variables = Object.entries(ENV as Record<string, EnvVar>).map(
    ([name, { summary, default: value, example, secret }]) =>
      `| \`${name}\` | ${cell(summary)}${secret ? ' (secret)' : ''} | ${value ? `\`${value}\`` : ''} | \`${cell(example)}\` |`,
  );
  const codes = Object.entries(EXIT_MEANING).map(([code, meaning]) => `| ${code} | ${cell(meaning)} |`);
  return `<!-- GENERATED from contract/ by \`make generate\`. -->
# Configuration

For everyone who runs Loadstar: every environment variable and every exit code.

Every setting is an environment variable. Most have an option of \`npx loadstar run\` too; the option wins.

| variable | meaning | default | example |
|---|---|---|---|
${variables.join('\n')}

## Exit codes

These are the exit codes of \`npx loadstar\`. \`make\` itself ends with 2 whenever a command fails.

| code | meaning |
|---|---|
${codes.join('\n')}
`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
