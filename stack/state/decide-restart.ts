import { pid as own_pid } from 'node:process';
import type { EngineContext } from '../engine/engine.ts';
import { describeChange, type Settings } from '../engine/settings.ts';
import { RunRegistry, registeredRunText } from './run-registry.ts';

/**
 * Decides what becomes of a running Grafana with these settings, and tells which variables are the reason. It is not
 * restarted while a run of another call is in progress, whose alerts that would interrupt.
 */
export async function decideRestart(
  { state_dir, ui }: Pick<EngineContext, 'state_dir' | 'ui'>,
  running: Settings,
  wanted: Settings,
): Promise<'keep' | 'restart' | 'postpone'> {
  const change = describeChange(running, wanted);
  if (!change) return 'keep';
  const runs = (await new RunRegistry(state_dir).runs()).filter((it) => it.is_alive && it.call_pid !== own_pid);
  if (runs.length > 0) {
    ui.warn(
      `Grafana keeps its settings (${change}) until no other run is in progress: ${runs.map(registeredRunText).join('; ')}`,
    );
    return 'postpone';
  }
  ui.note(`Grafana restarts, because ${change}`);
  return 'restart';
}
