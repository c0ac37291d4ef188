/** Telemetry of one run: what its target measures of itself, from before the load until after it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { COMMAND } from '../../contract/package-name.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Ui } from '../../lib/ui.ts';
import type { Telemetry } from '../../project/telemetry.ts';
import type { InfluxAccess, TelegrafLauncher, TelegrafProcess } from '../../stack/engine/engine.ts';
import type { GrafanaApi } from '../../stack/grafana-push/api.ts';
import { telegrafConfig } from '../../stack/telegraf/config.ts';
import { readTelegrafLine } from '../../stack/telegraf/log.ts';
import { startAskedQueries } from './asked-queries.ts';
import { Collected } from './collected.ts';

const MS_PER_S = 1_000;

/** What all runs of a call have in common. */
export interface TelemetrySession {
  readonly asked: Telemetry;
  /** Of its endpoints, as Telegraf reaches them. */
  readonly addresses: readonly string[];
  /** null: there is nothing to scrape. */
  readonly launcher: TelegrafLauncher | null;
  /** null: there is nothing to ask, or nobody. */
  readonly grafana: GrafanaApi | null;
  readonly root: string;
}

interface TelemetryRun {
  readonly testid: string;
  readonly influx: InfluxAccess;
  readonly ui: Ui;
  readonly stop: AbortSignal;
}

export interface RunningTelemetry {
  /** Waits until enough was collected after the load, and ends. Never rejects. @param is_whole the load came to its end */
  finish(is_whole: boolean): Promise<void>;
}

/** Starts to collect, and waits as long as the target is to be seen before the load. A run goes on without what fails. */
export async function startTelemetry(session: TelemetrySession, run: TelemetryRun): Promise<RunningTelemetry> {
  const { asked, launcher, grafana } = session;
  const { testid, influx, ui, stop } = run;
  const collected = new Collected(asked);
  const telegraf = launcher ? await startTelegraf(session, launcher, run, collected) : null;
  const { url, org, tokens } = influx;
  const to = { testid, influx: { url, org, token: tokens.cli }, ui, every_s: asked.every_s };
  const queries = grafana ? startAskedQueries(asked.ask, { ...to, api: grafana }) : null;
  await ui.step(`collecting telemetry for ${asked.around_s} s before the load`, () => pause(asked.around_s, stop));
  return {
    async finish(is_whole) {
      if (is_whole && !stop.aborted)
        await ui.step(`collecting telemetry for ${asked.around_s} s after the load`, () => pause(asked.around_s, stop));
      await telegraf?.stop();
      if (queries) collected.seeQueries(await queries.finish(!stop.aborted));
      for (const warning of collected.warnings()) ui.warn(warning);
      if (telegraf || queries) ui.note(collected.text());
    },
  };
}

/** @returns null if it does not start */
async function startTelegraf(
  { asked, addresses, root }: TelemetrySession,
  launcher: TelegrafLauncher,
  { testid, influx, ui }: TelemetryRun,
  collected: Collected,
): Promise<TelegrafProcess | null> {
  const endpoints = asked.endpoints.map((endpoint, index) => ({ ...endpoint, url: addresses[index] ?? endpoint.url }));
  const to = { influx, influx_url: launcher.influx_url(influx), testid, docker: launcher.docker };
  try {
    const { text, env } = await telegrafConfig(root, { ...asked, endpoints }, to);
    return await launcher.start({
      config: text,
      env,
      onLine: (line) => {
        const news = readTelegrafLine(line);
        if (news) collected.see(news);
      },
    });
  } catch (error) {
    ui.warn(`no telemetry: Telegraf does not start (${messageOf(error)}); \`${COMMAND} doctor\` lists what it needs`);
    return null;
  }
}

async function pause(seconds: number, stop: AbortSignal): Promise<void> {
  await sleep(seconds * MS_PER_S, undefined, { signal: stop }).catch(() => undefined);
}
