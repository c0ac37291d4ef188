import { data, Evaluator, Lexer, Parser } from '@actions/expressions';

/** What expressions of a workflow read: `github`, `inputs`, `secrets`, `env`, `steps` and so on. */
export type Contexts = Readonly<Record<string, unknown>>;

/** Of a job or its steps so far. */
export type Status = 'success' | 'failure';

const STATUS = ['success', 'failure', 'always', 'cancelled'] as const;

/** Evaluates an expression as GitHub does, with its own library. */
function evaluate(expression: string, contexts: Contexts, status: Status): data.ExpressionData {
  const functions = STATUS.map((name) => ({
    name,
    minArgs: 0,
    maxArgs: 0,
    call: () => new data.BooleanData(name === 'always' || name === status),
  }));
  const { tokens } = new Lexer(expression).lex();
  const parsed = new Parser(tokens, Object.keys(contexts), functions).parse();
  const values = JSON.parse(JSON.stringify(contexts), data.reviver) as data.Dictionary;
  return new Evaluator(parsed, values, new Map(functions.map((it) => [it.name, it]))).evaluate();
}

/** A text with its `${{ … }}` replaced. */
export function interpolate(text: string, contexts: Contexts): string {
  return text.replace(/\$\{\{(.*?)\}\}/gs, (_, expression: string) =>
    evaluate(expression.trim(), contexts, 'success').coerceString(),
  );
}

/** Whether a job or step with this `if` runs. Without a function of the status, it runs only after success. */
export function applies(condition: string | undefined, contexts: Contexts, status: Status): boolean {
  const bare = (condition ?? '').trim().replace(/^\$\{\{(.*)\}\}$/s, '$1') || 'success()';
  const has_status = STATUS.some((name) => bare.includes(`${name}()`));
  const result = evaluate(has_status ? bare : `success() && (${bare})`, contexts, status);
  return !['false', '', '0', 'null'].includes(result.coerceString());
}
