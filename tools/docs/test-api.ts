import ts from '@typescript/typescript6';
import { K6_MODULE } from '../../contract/package-name.ts';

const SOURCE = 'k6/index.ts';

/** docs/test-api.md: what scenarios import, from the docstrings of the sources. @throws Error for an export or a field without one */
export function testApiPage(): string {
  const { checker, exports } = readModule();
  const sections = exports.map((symbol) => section(checker, symbol));
  return `<!-- GENERATED from the docstrings of k6/ by \`make generate\`. -->
# Test API

For everyone who writes scenarios: what \`${K6_MODULE}\` exports. [own-app.md](own-app.md) shows its use.

Scenarios can also import all of [k6's modules](https://grafana.com/docs/k6/latest/javascript-api/), such as \`k6/http\`
and \`k6/metrics\`.

${sections
  .sort((a, b) => a.order - b.order)
  .map(({ text }) => text)
  .join('\n\n')}
`;
}

function readModule() {
  const { config } = ts.readConfigFile('k6/tsconfig.json', ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: ['index.ts'] }, ts.sys, 'k6');
  const program = ts.createProgram([SOURCE], options);
  const checker = program.getTypeChecker();
  const file = program.getSourceFile(SOURCE);
  const module = file && checker.getSymbolAtLocation(file);
  if (!module) throw new Error(`expected ${SOURCE} to be a module`);
  const exports = checker
    .getExportsOfModule(module)
    .map((symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol));
  return { checker, exports };
}

/** Functions come first, then what they take and return. */
function section(checker: ts.TypeChecker, symbol: ts.Symbol): { readonly order: number; readonly text: string } {
  const [declaration] = symbol.declarations ?? [];
  if (!declaration) throw new Error(`expected a declaration of ${symbol.name}`);
  const title = `## ${symbol.name}\n\n`;
  if (ts.isFunctionDeclaration(declaration)) {
    return { order: 0, text: `${title}${code(signature(declaration))}\n\n${docs(checker, symbol)}` };
  }
  if (ts.isTypeAliasDeclaration(declaration)) {
    return {
      order: 2,
      text: `${title}${code(declaration.getText().replace(/^export /, ''))}\n\n${docs(checker, symbol)}`,
    };
  }
  if (ts.isInterfaceDeclaration(declaration) || ts.isClassDeclaration(declaration)) {
    const rows = membersOf(checker, symbol, declaration);
    return { order: 1, text: `${title}${docs(checker, symbol)}\n\n${rows}` };
  }
  throw new Error(`expected ${symbol.name} to be a function, a class or a type`);
}

function membersOf(
  checker: ts.TypeChecker,
  owner: ts.Symbol,
  declaration: ts.InterfaceDeclaration | ts.ClassDeclaration,
): string {
  const members = checker.getPropertiesOfType(checker.getTypeAtLocation(declaration)).flatMap((member) => {
    const stated = member.declarations?.[0];
    return stated && !isPrivate(stated) ? [row(checker, owner, member, stated)] : [];
  });
  return ['| name | type | meaning |', '|---|---|---|', ...members].join('\n');
}

function row(checker: ts.TypeChecker, owner: ts.Symbol, member: ts.Symbol, stated: ts.Declaration): string {
  const is_optional = (member.flags & ts.SymbolFlags.Optional) !== 0;
  const type =
    ts.isMethodDeclaration(stated) || ts.isMethodSignature(stated)
      ? signature(stated).slice(member.name.length)
      : typeText(stated);
  const cells = [`\`${member.name}${is_optional ? '?' : ''}\``, `\`${type}\``, docs(checker, member, owner)];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replace(/\s*\n\s*/g, ' ')).join(' | ')} |`;
}

function typeText(stated: ts.Declaration): string {
  const type = (stated as ts.PropertySignature).type;
  if (!type) throw new Error(`expected a type of ${stated.getText()}`);
  return type.getText();
}

/** Without the body. */
function signature(it: ts.FunctionDeclaration | ts.MethodDeclaration | ts.MethodSignature): string {
  const name = it.name?.getText() ?? '';
  const types = it.typeParameters ? `<${it.typeParameters.map((type) => type.getText()).join(', ')}>` : '';
  const parameters = it.parameters.map((parameter) => parameter.getText()).join(', ');
  return `${name}${types}(${parameters}): ${it.type?.getText() ?? 'void'}`;
}

/** The docstring in Markdown. @throws Error if there is none */
function docs(checker: ts.TypeChecker, symbol: ts.Symbol, owner?: ts.Symbol): string {
  const text = ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim();
  if (!text) throw new Error(`expected a docstring of ${owner ? `${owner.name}.` : ''}${symbol.name} (${SOURCE})`);
  const tags = symbol.getJsDocTags(checker).map((tag) => tagText(tag));
  return wrap([text, ...tags].map(plainLinks).join('\n\n'));
}

const TAGS: Readonly<Record<string, string>> = { returns: 'Returns', throws: 'Throws', param: '' };

function tagText({ name, text }: ts.JSDocTagInfo): string {
  const words = ts.displayPartsToString(text).trim();
  const [, parameter = '', meaning = ''] = /^(\S+)\s+(.*)$/s.exec(words) ?? [];
  if (name === 'param') return `\`${parameter}\`: ${meaning}`;
  return `${TAGS[name] ?? `@${name}`} ${words}`;
}

/** `{@link Slo}` in a docstring is the name alone on a page. */
function plainLinks(text: string): string {
  return text.replace(/\{@link\s+([^}]+)\}/g, '`$1`');
}

function code(text: string): string {
  return `\`\`\`ts\n${text}\n\`\`\``;
}

const COLUMNS = 120;

/** Paragraphs, each wrapped by words. */
function wrap(text: string): string {
  return text
    .split(/\n\n+/)
    .map((paragraph) =>
      paragraph.split(/\s+/).reduce((lines, word) => {
        const last = lines.slice(lines.lastIndexOf('\n') + 1);
        return lines === '' ? word : `${lines}${last.length + word.length < COLUMNS ? ' ' : '\n'}${word}`;
      }, ''),
    )
    .join('\n\n');
}

function isPrivate(stated: ts.Declaration): boolean {
  const name = ts.getNameOfDeclaration(stated);
  return name !== undefined && ts.isPrivateIdentifier(name);
}
