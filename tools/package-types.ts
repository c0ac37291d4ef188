import { builtinModules } from 'node:module';
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';

/** The modules that a team imports, and the tsconfig of their sources. */
const MODULES = [
  { source: 'index.ts', types: 'types/index.d.ts', tsconfig: 'tsconfig.json' },
  { source: 'k6/index.ts', types: 'types/k6.d.ts', tsconfig: 'k6/tsconfig.json' },
] as const;

const BANNER = '// GENERATED from the sources by `make generate`: do not edit.';

/**
 * Types of the package, a file a module. Without them, a team's `tsc` would check our sources under the team's own options,
 * most of which refuse imports of `.ts` files.
 * @returns their texts by file name
 */
export async function packageTypes(): Promise<Map<string, string>> {
  const texts: [string, string][] = [];
  // One after the other: the compiler numbers types as it meets them, and writes the members of a union in that order.
  for (const module of MODULES) texts.push([module.types, await typesOf(module)]);
  // In a package of CommonJS, TypeScript refuses to import modules; declarations alone are neither.
  return new Map([...texts, ['types/package.json', `${JSON.stringify({ type: 'commonjs' })}\n`]]);
}

async function typesOf({ source, tsconfig }: (typeof MODULES)[number]): Promise<string> {
  const bundle = await rollup({
    input: source,
    external: ['zod', /^k6(\/|$)/, ...builtinModules],
    plugins: [dts({ tsconfig })],
    onwarn: ({ message }) => {
      throw new Error(message);
    },
  });
  const { output } = await bundle.generate({ format: 'es', banner: BANNER });
  return inFixedOrder(output[0].code);
}

/** Members of an enum of zod, a line each, such as `passed: "passed";`. */
const ENUM_MEMBERS = /(?:^ +("?)([\w-]+)\1: "\2";\n)+/gm;

/** The compiler writes them in the order in which it met their texts anywhere, which is not the same in every process. */
function inFixedOrder(code: string): string {
  return code.replaceAll(ENUM_MEMBERS, (lines) => `${lines.trimEnd().split('\n').sort().join('\n')}\n`);
}
