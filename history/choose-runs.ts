import { isComparable } from '../analysis/index.ts';
import { BASELINE } from '../contract/baselines.ts';
import { COMMAND } from '../contract/package-name.ts';
import type { RunTagName } from '../contract/runs.ts';
import type { InfluxConnection } from '../influxdb/connection.ts';
import { type RunRecord, RunStore } from '../influxdb/runs.ts';
import { type LoadstarError, usageError } from '../lib/errors.ts';
import { readHistory } from './history.ts';
import { isSameMachine } from './machine.ts';
import { toJudge } from './to-judge.ts';

/** Narrows what `newest` means, and which baselines are meant. */
export interface KindFilter {
  readonly scenario?: string;
  readonly profile?: string;
  readonly target?: string;
  readonly branch?: string;
}

/** Runs that stand for one side of a comparison, newest last. */
export interface ChosenRuns {
  /** As the caller named them. */
  readonly name: string;
  readonly runs: readonly RunRecord[];
}

/** Words that stand for runs. */
export const WORDS = { newest: 'newest', previous: 'previous', baseline: 'baseline' } as const;

export function matches(kind: Pick<RunRecord, RunTagName>, filter: KindFilter): boolean {
  return (Object.keys(filter) as (keyof KindFilter)[]).every(
    (name) => filter[name] === undefined || kind[name] === filter[name],
  );
}

/** Neither a repeat nor a side of `loadstar ab`. */
function isOwn({ confirms, ab_run }: RunRecord): boolean {
  return confirms === null && ab_run === null;
}

/** Turns what people call runs into records. */
export class RunChooser {
  readonly #connection: InfluxConnection;
  readonly #project: string;
  readonly #store: RunStore;
  readonly #filter: KindFilter;
  readonly #main_branch: string;

  /** @param project in which `newest` looks for runs; an id may be of another one */
  constructor(connection: InfluxConnection, project: string, filter: KindFilter, main_branch: string) {
    this.#connection = connection;
    this.#project = project;
    this.#store = new RunStore(connection);
    this.#filter = filter;
    this.#main_branch = main_branch;
  }

  /**
   * Ids, comma-separated, or a word of {@link WORDS}.
   * @param other what `previous` and `baseline` refer to; null where nothing is known yet
   * @throws LoadstarError (usage) for a run that is not there
   */
  async choose(text: string, other: ChosenRuns | null): Promise<ChosenRuns> {
    if (text === WORDS.newest) return { name: text, runs: [await this.#newest()] };
    if (text === WORDS.previous) return { name: text, runs: [await this.#previous(await this.#reference(other))] };
    if (text === WORDS.baseline) return { name: text, runs: await this.#baseline(await this.#reference(other)) };
    const ids = text
      .split(',')
      .map((id) => id.trim())
      .filter(Boolean);
    const records = await this.#store.find(ids);
    const missing = ids.find((_, place) => records[place] === null);
    if (ids.length === 0 || missing !== undefined) throw unknownRun(missing ?? text);
    const runs = records.filter((run) => run !== null);
    const running = runs.find(({ status }) => status === 'running');
    if (running) throw usageError('a run that has ended', `${running.testid}, which is still running`, LIST);
    return { name: text, runs };
  }

  /** Whatever came first: the run that a comparison is about. */
  async #reference(other: ChosenRuns | null): Promise<RunRecord> {
    return other?.runs[0] ?? (await this.#newest());
  }

  async #newest(): Promise<RunRecord> {
    const runs = await this.#store.list(BASELINE.longest_history, this.#project);
    const found = runs.find((run) => run.status !== 'running' && isOwn(run) && matches(run, this.#filter));
    if (found) return found;
    const what = Object.values(this.#filter).filter(Boolean).join(', ');
    throw usageError(`a run${what ? ` of ${what}` : ''} that has ended`, 'none in InfluxDB', LIST);
  }

  /** The one before it of the same kind and configuration, whatever its branch, that can be compared at all. */
  async #previous(run: RunRecord): Promise<RunRecord> {
    const found = (await this.#store.list(BASELINE.longest_history, run.project)).find(
      (it) =>
        it.started < run.started &&
        it.scenario === run.scenario &&
        it.profile === run.profile &&
        it.target === run.target &&
        it.configuration === run.configuration &&
        isSameMachine(it.machine, run.machine) &&
        isOwn(it) &&
        isComparable(toJudge(it)),
    );
    if (found) return found;
    throw usageError(`a run like ${run.testid} before it`, 'none in InfluxDB that ended as planned', LIST);
  }

  /** The pinned run with those that confirmed it, or the last runs that were as usual. */
  async #baseline(run: RunRecord): Promise<RunRecord[]> {
    const history = await readHistory(this.#connection, { ...run, started: new Date(run.started) }, this.#main_branch);
    const { pinned } = history;
    const runs = pinned
      ? history.runs.filter((it) => it.testid === pinned.testid || it.confirms === pinned.testid)
      : history.runs
          .filter(({ comparison }) => comparison !== 'regressed' && comparison !== 'suspected')
          .slice(-MOST_BASELINE_RUNS);
    if (runs.length > 0) return runs.filter((it) => pinned !== null || isOwn(it));
    throw usageError(`a baseline of ${run.testid}`, 'no earlier run that it can be compared with', LIST);
  }
}

const LIST = `see \`${COMMAND} runs\``;
/** Enough to know a level, and few enough to be of today. */
const MOST_BASELINE_RUNS = 10;

function unknownRun(id: string): LoadstarError {
  const words = Object.values(WORDS).join(', ');
  return usageError('a run that InfluxDB knows', `\`${id}\``, `${LIST}; ${words} and several ids with commas work too`);
}
