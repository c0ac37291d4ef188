import { join } from 'node:path';
import { SCRIPT_ENV } from '../../contract/env.ts';
import { RUN_TAGS } from '../../contract/k6-metrics.ts';
import { LOOPBACK } from '../../contract/ports.ts';
import { EXAMPLES_FILE, K6_LOG_FILE, K6_SUMMARY_FILE, OUTPUT_REPORT_FILE } from '../../contract/run-files.ts';
import type { RunStart } from '../../influxdb/run-points.ts';
import { freePort } from '../../lib/free-port.ts';
import { secretForms } from '../../lib/redact.ts';
import { profileOf } from '../../profiles/options.ts';
import type { CatalogueScenario } from '../../project/catalogue.ts';
import { addressGuardArgs } from '../options/address-guard.ts';
import { guardArgs } from '../options/limits.ts';
import { type Meeting, outputArgs } from '../options/output-env.ts';
import type { RunSession } from '../options/run-session.ts';
import { dataFilesEnv, hostEnv, k6ScriptRunEnv, scriptEnv, secretValues } from '../options/script-env.ts';
import { STAIRCASE_WINDOW } from '../options/staircase-options.ts';
import type { K6Job } from './k6-run.ts';
import type { Share } from './shares.ts';

const MS_PER_S = 1_000;

/** Where the merged data says whether the run should end, it has to be fresh. */
const SOON = { K6_LOADSTAR_RUN_INTERVAL: '2s' } as const;

export interface JobFiles {
  readonly bundle: string;
  /** Of this process alone. */
  readonly directory: string;
  readonly scenario: CatalogueScenario;
  /** Left out: k6 is alone. */
  readonly meeting?: Meeting | undefined;
}

/** How k6 is called for a share of a run. @param port for its REST API, which nobody else has */
export async function k6Job(
  session: RunSession,
  run: RunStart,
  { bundle, directory, scenario, meeting }: JobFiles,
  share: Share,
  port: number,
): Promise<K6Job> {
  const { options, launcher, stack } = session;
  // `loadstar stop` asks it whether the users are gone. It has no login: docs/security.md.
  const rest = `${LOOPBACK}:${port}`;
  const profile = profileOf(options);
  const { block_run } = session;
  const { traces, keeps_examples = true } = options.named_target ?? {};
  const window = profile.model === 'staircase' || block_run ? { K6_LOADSTAR_WINDOW: STAIRCASE_WINDOW } : {};
  const output = outputArgs(options.outputs, {
    influx: stack.influx,
    meeting,
    spool_dir: launcher.path(session.spool_dir),
    report_file: launcher.path(join(directory, OUTPUT_REPORT_FILE)),
    own: { ...session.output_settings, ...window, ...(share.args.length > 0 ? SOON : {}) },
  });
  const summary_file = join(directory, K6_SUMMARY_FILE);
  // k6 takes those of its arguments instead of those of the options.
  const tags = {
    ...scenario.k6_script?.tags,
    [RUN_TAGS.run]: run.testid,
    [RUN_TAGS.project]: run.project,
    [RUN_TAGS.generator]: share.instance,
  };
  return {
    args: [
      'run',
      '--address',
      rest,
      '--log-format',
      'json',
      ...share.args,
      ...Object.entries(tags).flatMap(([tag, value]) => ['--tag', `${tag}=${value}`]),
      ...guardArgs(options, scenario.k6_script?.rps ?? null),
      ...(launcher.guards_hosts ? [] : await addressGuardArgs([...options.allow_hosts, ...launcher.own_hosts])),
      ...output.args,
      launcher.path(bundle),
    ],
    env: {
      ...(scenario.k6_script
        ? k6ScriptRunEnv(options, {
            base_url: session.target.base_url_for_k6 || null,
            summary_file: launcher.path(summary_file),
            summary_directory: launcher.sees_host_files ? session.results.cwd : launcher.path(directory),
          })
        : scriptEnv(options, {
            base_url: session.target.base_url_for_k6,
            slos: scenario.slos,
            users_file: session.users_file,
            summary_file: launcher.path(summary_file),
          })),
      ...dataFilesEnv(session.data_files),
      ...hostEnv(options, launcher.own_hosts),
      ...(block_run ? { [SCRIPT_ENV.blocks]: JSON.stringify(block_run.blocks) } : {}),
      ...output.env,
      ...(keeps_examples ? { [SCRIPT_ENV.examples_file]: launcher.path(join(directory, EXAMPLES_FILE)) } : {}),
      ...(traces ? { [SCRIPT_ENV.trace_share]: String(traces.sampled_share) } : {}),
      ...(share.is_first ? await session.live_view?.env() : {}),
      ...(scenario.needs_browser ? { ...launcher.browser, [SCRIPT_ENV.in_browser]: 'true' } : {}),
      ...(session.ca_file ? { SSL_CERT_FILE: session.ca_file } : {}),
    },
    // A script sees all of k6's environment in `__ENV`.
    secrets: [...secretValues(options), ...secretForms(stack.influx.tokens.k6), ...session.environment_secrets],
    log_file: join(directory, K6_LOG_FILE),
    summary_file,
    title: `${run.scenario} (${run.profile}) against ${session.target.name}`,
    planned_s: Math.round((run.planned_end.getTime() - run.started.getTime()) / MS_PER_S),
    stop: block_run ? AbortSignal.any([session.stop, block_run.over]) : session.stop,
    force: session.force,
    onK6: (id) => void session.own_call.addK6(run.testid, id, rest),
    renew: async () => await k6Job(session, run, { bundle, directory, scenario, meeting }, share, await freePort()),
  };
}
