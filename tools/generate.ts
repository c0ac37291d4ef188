/**
 * Writes every generated file (`make generate`); with `--check` it writes nothing and fails where a file on disk
 * differs, is missing, or is no longer generated.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { GRAFANA } from '../contract/grafana.ts';
import { OWN_PROJECT } from '../contract/project-name.ts';
import { provisioningFiles } from '../grafana/generate.ts';
import { builtInScenarios, catalogueEntries } from '../project/catalogue.ts';
import { catalogueFile } from './catalogue.ts';
import { CI_FILES, ciFile } from './ci/regions.ts';
import { architecturePage } from './docs/architecture.ts';
import { scenariosPage } from './docs/catalogue.ts';
import { configurationPage } from './docs/configuration.ts';
import { decisionsPage } from './docs/decisions.ts';
import { profilesPage } from './docs/profiles.ts';
import { scalePage } from './docs/scale.ts';
import { portableSchema, summarySchema } from './docs/schemas.ts';
import { sloPage } from './docs/slo.ts';
import { telemetryPage } from './docs/telemetry.ts';
import { testApiPage } from './docs/test-api.ts';
import { goContract, goProtocols, goTrends } from './go-contract.ts';
import { packageTypes } from './package-types.ts';
import { roomLintRules, roomTable } from './rooms.ts';

/** Directories that hold generated files alone: whatever else lies there is left over. */
const GENERATED_ONLY = [GRAFANA.provisioning_dir];

async function generated(): Promise<Map<string, string>> {
  const scenarios = catalogueEntries(await builtInScenarios(process.cwd()));
  const files = new Map(
    [...provisioningFiles(OWN_PROJECT, scenarios)].map(([name, text]) => [join(GRAFANA.provisioning_dir, name), text]),
  );
  for (const file of CI_FILES) files.set(file, ciFile(file));
  files.set('docs/architecture.md', architecturePage(roomTable()));
  files.set('docs/decisions/README.md', decisionsPage());
  files.set('docs/configuration.md', configurationPage());
  files.set('docs/profiles.md', profilesPage());
  files.set('docs/scale.md', scalePage());
  files.set('docs/telemetry.md', telemetryPage());
  files.set('contract/catalogue.ts', catalogueFile(scenarios));
  files.set('docs/scenarios.md', scenariosPage(scenarios));
  files.set('docs/slo.md', sloPage(scenarios));
  files.set('docs/test-api.md', testApiPage());
  files.set('contract/summary.schema.json', summarySchema());
  files.set('contract/portable-runs.schema.json', portableSchema());
  files.set('biome.rooms.json', roomLintRules());
  files.set('k6/output/contract_gen.go', goContract());
  files.set('k6/output/requests/contract_gen.go', goProtocols());
  files.set('k6/output/trends/contract_gen.go', goTrends());
  for (const [name, text] of await packageTypes()) files.set(name, text);
  return files;
}

function leftOver(files: ReadonlyMap<string, string>): string[] {
  return GENERATED_ONLY.filter((directory) => existsSync(directory)).flatMap((directory) =>
    readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((file) => !files.has(file)),
  );
}

const check = process.argv.includes('--check');
const files = await generated();
const stale = [...files].filter(([file, text]) => !existsSync(file) || readFileSync(file, 'utf8') !== text);
const extra = leftOver(files);
if (check) {
  for (const [file] of stale) console.error(`expected ${file} as generated; found it different or missing`);
  for (const file of extra) console.error(`expected no ${file}: nothing generates it any more`);
  process.exitCode = stale.length + extra.length > 0 ? 1 : 0;
} else {
  for (const [file, text] of stale) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    console.error(`wrote ${file}`);
  }
  for (const file of extra) rmSync(file);
}
