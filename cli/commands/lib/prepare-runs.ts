import type { CommandContext } from '../../../lib/context.ts';
import { type CatalogueScenario, loadScenarios } from '../../../project/catalogue.ts';
import type { Project } from '../../../project/project.ts';
import { applyRetention } from '../../../project/retention.ts';
import { catalogueSetting, rememberTeam } from '../../../project/team-catalogue.ts';
import type { RunOptions } from '../../../runs/options/options.ts';
import { withScenarioSecrets } from '../../../runs/options/scenario-secrets.ts';
import { k6ScriptEnv } from '../../../runs/options/script-env.ts';
import { baseUrlText } from '../../../runs/options/target.ts';
import { engineContext } from '../../../stack/engine/engine-context.ts';
import { commandK6Reader } from '../../../stack/k6-reader.ts';
import { requireStateFormat } from '../../../stack/state/format.ts';

interface PreparedRuns {
  /** With the retention of the project's configuration. */
  readonly configured: CommandContext;
  readonly scenarios: ReadonlyMap<string, CatalogueScenario>;
  /** Adds the secrets that the scenarios read. @throws LoadstarError (usage) for one that is not set */
  readonly withSecrets: (options: RunOptions) => RunOptions;
  /** Keeps the scenarios in the state, for Grafana: as soon as nothing speaks against the runs. */
  readonly remember: () => Promise<void>;
}

/** Reads the scenarios of runs that a command is about to start. @throws LoadstarError (usage) if one does not load */
export async function prepareRuns(context: CommandContext, project: Project, asked: RunOptions): Promise<PreparedRuns> {
  const k6_env = k6ScriptEnv(asked, asked.base_url && baseUrlText(asked.base_url));
  const setting = { ...catalogueSetting(project, context, commandK6Reader(context)), k6_env };
  const scenarios = await loadScenarios(asked.scenarios, setting);
  return {
    configured: applyRetention(context, project.config),
    scenarios,
    withSecrets: (options) => withScenarioSecrets(options, scenarios.values(), project.env),
    async remember() {
      const { state_dir } = engineContext(context);
      await requireStateFormat(state_dir);
      await rememberTeam(state_dir, scenarios.values(), setting);
    },
  };
}
