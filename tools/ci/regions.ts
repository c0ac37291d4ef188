/** What the workflows, the action and the GitLab template share stands once, in tools/ci/, and is written into each of them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const BEGIN = /^(?<indent> *)# GENERATED from (?<source>tools\/ci\/[\w.-]+) by `make generate`: begin$/;
const END = '# GENERATED: end';
const INCLUDE = /^(?<indent> *)INCLUDE (?<name>[\w.-]+)$/;

/** Files with such parts. */
export const CI_FILES = [
  '.github/workflows/load-test.yml',
  '.github/workflows/compare.yml',
  '.gitlab/load-test.yml',
  'action.yml',
] as const;

/** An action has no secrets: its caller gives them as inputs. Its own files are a version of Loadstar. */
const IN_ACTION: Readonly<Record<string, string>> = {
  'secrets.LOADSTAR_TOKEN': 'inputs.loadstar_token',
  'secrets.NPM_TOKEN': 'inputs.npm_token',
  'inputs.version': 'inputs.version || github.action_path',
};

/** A file with its generated parts as tools/ci/ has them now. @throws Error for a part without an end */
export function ciFile(file: (typeof CI_FILES)[number]): string {
  const lines = readFileSync(file, 'utf8').split('\n');
  const result: string[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    result.push(line);
    const { indent, source } = BEGIN.exec(line)?.groups ?? {};
    if (indent === undefined || source === undefined) continue;
    const end = lines.indexOf(`${indent}${END}`, at);
    if (end < 0) throw new Error(`expected \`${END}\` after the line ${at + 1} of ${file}`);
    const part = readPart(source);
    result.push(...indentLines(file === 'action.yml' ? inAction(part) : part, indent));
    at = end - 1;
  }
  return result.join('\n');
}

function readPart(source: string): string[] {
  const lines = readFileSync(source, 'utf8').trimEnd().split('\n');
  return lines.flatMap((line) => {
    const { indent = '', name } = INCLUDE.exec(line)?.groups ?? {};
    return name === undefined ? [line] : indentLines(readPart(join('tools', 'ci', name)), indent);
  });
}

function indentLines(lines: readonly string[], indent: string): string[] {
  return lines.map((line) => (line === '' ? '' : `${indent}${line}`));
}

function inAction(lines: readonly string[]): string[] {
  return lines.map((line) =>
    Object.entries(IN_ACTION).reduce((text, [secret, input]) => text.replaceAll(secret, input), line),
  );
}
