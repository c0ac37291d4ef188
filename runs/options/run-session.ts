import type { NotifyWhen } from '../../contract/notify.ts';
import type { AbRun } from '../../contract/results.ts';
import type { RunId } from '../../contract/runs.ts';
import type { Ui } from '../../lib/ui.ts';
import type { SideBlocks } from '../../profiles/blocks.ts';
import type { K6Launcher, Stack } from '../../stack/engine/engine.ts';
import type { OwnCall } from '../../stack/state/run-registry.ts';
import type { ResultContext } from '../judge/result-context.ts';
import type { LiveViewPorts } from '../live-view/live-view.ts';
import type { SlackAddress } from '../notify/slack.ts';
import type { TelemetrySession } from '../telemetry/telemetry.ts';
import type { RunOptions } from './options.ts';

/** The part of a run in `loadstar ab`: it is loaded in blocks, and judged beside the other build alone. */
export interface BlockRun extends AbRun {
  readonly testid: RunId;
  /** A record is found by it: no two may begin in the same millisecond. */
  readonly started: Date;
  readonly blocks: SideBlocks;
  /** Aborted when the comparison is over. */
  readonly over: AbortSignal;
}

/** What all runs of one call share. */
export interface RunSession {
  readonly options: RunOptions;
  /** Seconds of load of all scenarios together, without repeats. */
  readonly planned_s: number;
  readonly engine_name: string;
  readonly stack: Stack;
  readonly launcher: K6Launcher;
  readonly target: { readonly base_url: string; readonly base_url_for_k6: string; readonly name: string };
  readonly results: ResultContext;
  /** Where our output keeps what InfluxDB does not take. */
  readonly spool_dir: string;
  /** What k6 may repeat of the environment that it inherits, such as a proxy's password. */
  readonly environment_secrets: readonly string[];
  /** The user's own settings for our output. */
  readonly output_settings: Readonly<Record<string, string>>;
  /** The accounts of the configuration, as k6 sees the path; null: none. */
  readonly users_file: string | null;
  /** Paths of opened files as k6 sees them, by those that scripts name; empty if they are the same. */
  readonly data_files: Readonly<Record<string, string>>;
  /** PEM bundle for k6, as k6 sees the path; null: the system's. */
  readonly ca_file: string | null;
  /** What is collected of the target; null: nothing. */
  readonly telemetry: TelemetrySession | null;
  readonly live_view: Pick<LiveViewPorts, 'url' | 'env'> | null;
  /** When to send a notification, and where; null: nowhere. */
  readonly notify: NotifyWhen;
  readonly slack: SlackAddress | null;
  /** Where colleagues find the files of the run; null: they are on this machine alone. */
  readonly results_url: string | null;
  readonly ui: Ui;
  readonly stop: AbortSignal;
  readonly force: AbortSignal;
  /** How other terminals find what runs here, and later calls what is to be finished. */
  readonly own_call: OwnCall;
  /** Left out: an ordinary run. */
  readonly block_run?: BlockRun;
}
