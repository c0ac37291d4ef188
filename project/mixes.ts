/** Mixes of the configuration: each is written as a scenario that runs others. */
import { join } from 'node:path';
import { K6_MODULE } from '../contract/package-name.ts';
import { SCENARIOS } from '../contract/scenarios.ts';
import { usageError } from '../lib/errors.ts';
import { writePrivate } from '../lib/private-files.ts';
import { builtInFile, type ScenarioFiles } from './catalogue.ts';
import type { Config } from './load-config.ts';
import { requireScenarioName } from './scenario-name.ts';

interface Place {
  /** Of Loadstar's package. */
  readonly root: string;
  /** Where the files are written. */
  readonly directory: string;
}

/** @returns the files of the mixes by their names. @throws LoadstarError (usage) */
export async function writeMixes(
  mixes: NonNullable<Config['mixes']>,
  own_files: ScenarioFiles,
  { root, directory }: Place,
): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const [name, weights] of Object.entries(mixes)) {
    requireScenarioName(name, 'a name in `mixes`');
    const taken_by = own_files.get(name);
    if (taken_by) throw usageError('a name in `mixes` that is not in use', `\`${name}\`, as ${taken_by}`, 'rename it');
    const members = Object.entries(weights).map(
      ([member, weight]) => ({ name: member, file: fileOf(name, member, own_files, root), weight }) as const,
    );
    const file = join(directory, `${name}.ts`);
    await writePrivate(file, mixText(name, members, root));
    files.set(name, file);
  }
  return files;
}

function fileOf(mix: string, member: string, own_files: ScenarioFiles, root: string): string {
  const file = own_files.get(member) ?? (Object.hasOwn(SCENARIOS, member) ? builtInFile(root, member) : undefined);
  if (file) return file;
  const known = [...new Set([...own_files.keys(), ...Object.keys(SCENARIOS)])].join(', ');
  throw usageError(`\`mixes.${mix}\` to name scenarios`, `\`${member}\``, `there are: ${known}`);
}

interface Member {
  readonly name: string;
  readonly file: string;
  readonly weight: number;
}

function mixText(title: string, members: readonly Member[], root: string): string {
  const imports = members.map(({ file }, index) => `import scenario${index} from ${JSON.stringify(file)};`);
  const rows = members.map(({ name, weight }, index) => `[${JSON.stringify(name)}, scenario${index}, ${weight}]`);
  return `// Written by Loadstar from \`mixes\` of the configuration: change it there.
import { defineScenario } from ${JSON.stringify(K6_MODULE)};
import { configuredMix } from ${JSON.stringify(join(root, 'k6', 'runtime', 'mix.ts'))};
${imports.join('\n')}
export default defineScenario(configuredMix(${JSON.stringify(title)}, [${rows.join(', ')}]));
`;
}
