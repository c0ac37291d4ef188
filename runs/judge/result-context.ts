import { BASELINE } from '../../contract/baselines.ts';
import type { MachineSettings } from '../../history/machine.ts';
import type { CommandContext } from '../../lib/context.ts';
import type { Ui } from '../../lib/ui.ts';
import type { InfluxAccess, Stack } from '../../stack/engine/engine.ts';

/** Where the results of runs are read from and written to, and how the person hears of what goes wrong. */
export interface ResultContext {
  readonly influx: InfluxAccess;
  /** Below it each run has its directory. */
  readonly results_dir: string;
  /** Files are named as seen from there. */
  readonly cwd: string;
  /** For links that colleagues open; null if there is no Grafana. */
  readonly grafana_url: string | null;
  /** k6's own dashboard, where there is no Grafana. */
  readonly live_view_url: string | null;
  /** The main branch, whose runs are the baseline of other branches. */
  readonly baseline_branch: string;
  /** What the caller knows of the machine that makes the load. */
  readonly machine: MachineSettings;
  readonly ui: Ui;
}

export function resultContext(
  { results_dir, cwd, environment, ui }: CommandContext,
  { influx, grafana }: Pick<Stack, 'influx' | 'grafana'>,
): ResultContext {
  return {
    influx,
    results_dir,
    cwd,
    grafana_url: environment.PUBLIC_GRAFANA_URL ?? grafana?.url ?? null,
    live_view_url: null,
    baseline_branch: environment.BASELINE_BRANCH ?? BASELINE.main_branch,
    machine: { given: environment.LOADSTAR_MACHINE?.trim() ?? null, image: environment.ImageOS ?? null },
    ui,
  };
}
