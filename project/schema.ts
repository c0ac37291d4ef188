import { z } from 'zod';
import { DEMO_TARGET } from '../contract/demo.ts';
import { LONGEST_TAG_BYTES } from '../contract/live-schema.ts';
import { METRICS, UNITS } from '../contract/metrics.ts';
import { PROFILES } from '../contract/profiles.ts';
import { isProjectName, PROJECT_NAME } from '../contract/project-name.ts';
import { isReserved } from '../contract/reserved-names.ts';
import {
  aggregationOf,
  type DefaultIndicator,
  INDICATORS,
  isUpperLimit,
  overSeconds,
  type SloIndicator,
} from '../contract/slo.ts';
import { STEADY } from '../contract/stages.ts';
import { FOREVER, parseAge_s } from '../lib/age.ts';
import { allPlateaus } from '../profiles/options.ts';
import { isLoadDuration, parseRate_per_s } from '../profiles/own-profile.ts';
import { HEADER_NAME, strictObject, TEXT, VARIABLE } from './schema-parts.ts';
import { TELEMETRY } from './telemetry-schema.ts';

const SCRIPT_VARIABLE = VARIABLE.refine(
  (name) => !isReserved(name),
  'a name that Loadstar and k6 do not use themselves',
);
const HOST = z
  .string()
  .regex(/^(\*\.)?[a-z0-9.-]+$/i, 'a host name without scheme or port, such as staging.example.com or *.example.com');
const TARGET_NAME = z
  .string()
  .regex(/^[a-z][a-z0-9-]*$/, 'a name of lowercase letters, digits and dashes')
  .refine((name) => name !== DEMO_TARGET.other_name, 'another name: it is that of the built-in clinic');

function keysOf<T extends object>(values: T) {
  return Object.keys(values) as [keyof T & string, ...(keyof T & string)[]];
}

/** What a limit has to be. Only the share of what may fail can be 0: no latency is, and every throughput is as high. */
function limitRange(indicator: SloIndicator): { readonly expected: string; has(limit: number): boolean } {
  const { highest } = UNITS[METRICS[indicator].unit];
  const is_share = METRICS[indicator].unit === 'share';
  if (is_share && isUpperLimit(indicator)) {
    return { expected: 'a fraction from 0 to 1 (0.01 is 1 %)', has: (limit) => limit >= 0 && limit <= highest };
  }
  const expected = is_share ? 'a fraction above 0, up to 1 (0.99 is 99 %)' : 'a number above 0';
  return { expected, has: (limit) => limit > 0 && limit <= highest };
}

interface LimitedSlo {
  readonly indicator: SloIndicator;
  readonly limit: number;
  readonly abort?: boolean;
  readonly aborts?: { readonly limit: number };
  readonly during?: string;
  readonly over?: string;
}

/** Shorter windows have too few requests, longer ones are hardly another thing than the run. */
const OVER = { least_s: 5, most_s: 600 } as const;
const PARTS = [STEADY, ...allPlateaus()];

/** What does not go together in one SLO, and why. */
function contradiction({
  indicator,
  abort,
  aborts,
  during,
  over,
}: LimitedSlo): [field: string, expected: string] | null {
  if (during !== undefined && (abort || aborts)) {
    return ['during', 'an SLO without `abort`: the warm-up of a run is known at its end alone'];
  }
  if (over !== undefined && during === undefined && aggregationOf(indicator).kind === 'per_second') {
    return ['over', '`during` beside it: a ramp has less throughput by plan'];
  }
  return null;
}

function sloSchema<Shape extends z.ZodRawShape>(more: Shape) {
  return strictObject({
    indicator: z.enum(keysOf(INDICATORS).filter((key) => key !== 'threshold')),
    limit: z.number(),
    /** Ends the run as soon as it fails. */
    abort: z.boolean().optional(),
    /** Only this request, as `requests` of the scenario names it: `GET /api/items/:id`. */
    request: TEXT.optional(),
    /** Only this part of the run: `steady`, or a plateau of its profile, such as `plateau 2`. */
    during: z
      .string()
      .refine((part) => PARTS.includes(part), `one of: ${PARTS.join(', ')} (docs/profiles.md)`)
      .optional(),
    /** Every window of this length, instead of the whole: `30s`. */
    over: z
      .string()
      .refine(
        (text) =>
          /^[1-9]\d{0,3}[sm]$/.test(text) && overSeconds(text) >= OVER.least_s && overSeconds(text) <= OVER.most_s,
        'a time from 5s to 10m, such as 30s',
      )
      .optional(),
    ...more,
  }).check(({ value, issues }) => {
    const slo = value as unknown as LimitedSlo;
    const { indicator, limit, aborts } = slo;
    const wrong = contradiction(slo);
    if (wrong) issues.push({ code: 'custom', path: [wrong[0]], input: slo.during ?? slo.over, message: wrong[1] });
    const range = limitRange(indicator);
    const limits = [[limit, ['limit']] as const, ...(aborts ? [[aborts.limit, ['aborts', 'limit']] as const] : [])];
    for (const [input, path] of limits) {
      if (!range.has(input)) issues.push({ code: 'custom', path: [...path], input, message: range.expected });
    }
  });
}

type Limited = {
  readonly indicator: string;
  readonly request?: string | undefined;
  readonly metric?: string | undefined;
  readonly during?: string | undefined;
  readonly over?: string | undefined;
};

/** Two limits for the same indicator would be two alert rules with one name, which Grafana rejects. */
function hasNoDuplicates(slos: readonly Limited[]): boolean {
  return (
    new Set(
      slos.map(({ indicator, request = '', metric = '', during = '', over = '' }) =>
        [indicator, request, metric, during, over].join('\n'),
      ),
    ).size === slos.length
  );
}
const ONCE = 'one limit for each indicator, request, metric and part of the run';
const WHOLE = z.number().refine((value) => Number.isInteger(value) && value >= 1, 'a whole number above 0');

/** Limits that a production target must have. */
const PRODUCTION_NEEDS = ['max_rate_rps', 'max_duration_s'] as const;

const SHARE_RANGE = 'a number from 0 to 1';

const TARGET = strictObject({
  base_url: TEXT,
  /** Hosts that may be loaded, in addition to loopback. They must include the host of `base_url`. `*.example.com` matches subdomains. */
  allowed_hosts: z.array(HOST).optional(),
  /** The default profile of this target. */
  profile: TEXT.optional(),
  /** A production target: each run has to confirm it with --confirm-production. */
  production: z.boolean().optional(),
  /** Maximum requests per second of a run. */
  max_rate_rps: WHOLE.optional(),
  /** Maximum planned seconds of load of one command, over all its scenarios and repeats. */
  max_duration_s: z.number().positive('a number above 0').optional(),
  /** Maximum virtual users. */
  max_vus: WHOLE.optional(),
  /** Header → the environment variable that holds its value. */
  headers_from_env: z.record(HEADER_NAME, VARIABLE).optional(),
  /** The variable that holds `user:password`. */
  basic_auth_from_env: VARIABLE.optional(),
  /** The variable that holds a bearer token. */
  token_from_env: VARIABLE.optional(),
  /** Variable in the scenarios' `__ENV` → the environment variable that holds its value for this target. */
  environment: z.record(SCRIPT_VARIABLE, VARIABLE).optional(),
  /** `false` keeps no examples of what the target answered. Default: true. */
  examples: z.boolean().optional(),
  /** Requests carry the trace context of the W3C (`traceparent`). Without it they do not. */
  traces: strictObject({
    /** Fraction of the requests whose trace the target is asked to record. Default: 0.01. */
    sampled_share: z.number().min(0, SHARE_RANGE).max(1, SHARE_RANGE).optional(),
    /** Where a person looks at a trace: `https://tempo.example.com/trace/{trace_id}`. */
    url: TEXT.refine(
      (text) => /^https?:\/\//.test(text) && text.includes('{trace_id}'),
      'an http(s) address with `{trace_id}`',
    ).optional(),
  }).optional(),
  /** Metrics of the target itself, which each run collects (docs/telemetry.md). */
  telemetry: TELEMETRY.optional(),
  /** PEM file of a private CA, relative to the configuration. */
  ca_file: TEXT.optional(),
})
  .refine((target) => !(target.basic_auth_from_env && target.token_from_env), {
    path: ['token_from_env'],
    error: 'one of basic_auth_from_env and token_from_env: both are the Authorization header',
  })
  .check(({ value, issues }) => {
    const missing = value.production ? PRODUCTION_NEEDS.find((name) => value[name] === undefined) : undefined;
    if (!missing) return;
    issues.push({ code: 'custom', path: [missing], input: value, message: 'set for a production target' });
  });

const RETENTION = z
  .string()
  .refine((text) => text === FOREVER || parseAge_s(text) !== null, `a time such as 30d, 12h or 2w, or ${FOREVER}`);

const SHARE = limitRange('error_rate');
const DEFAULT_LIMIT = z.number().refine((limit) => SHARE.has(limit), SHARE.expected);

/** Run ids name the profile between dashes. */
const PROFILE_NAME = z
  .string()
  .regex(/^[a-z][a-z0-9]*$/, 'a name of lowercase letters and digits')
  .refine((name) => !(name in PROFILES), 'another name than those of the built-in profiles');
const RATE = z.string().refine((text) => parseRate_per_s(text) !== null, 'a rate above 0, such as 20/s or 600/m');
const LOAD_DURATION = z.string().refine(isLoadDuration, 'a duration such as 90s, 5m or 1h30m');
const USERS = z.number().refine((value) => Number.isInteger(value) && value >= 0, 'a whole number');

const PROFILE_STAGE = strictObject({
  /** Virtual users at the end of the stage. */
  users: USERS.optional(),
  /** Journeys that begin at the end of the stage, such as `20/s`. */
  rate: RATE.optional(),
  /** Time in which the load changes from that of the stage before. `0s`: a jump. The first stage begins at 0. */
  duration: LOAD_DURATION,
}).refine(({ users, rate }) => (users === undefined) !== (rate === undefined), 'either `users` or `rate`');

const PROFILE = strictObject({
  /** What it is for, for `loadstar list`. */
  summary: TEXT.optional(),
  /** Constant load of so many virtual users. */
  users: WHOLE.optional(),
  /** Constant load of so many journeys that begin, such as `20/s`. */
  rate: RATE.optional(),
  /** How long the constant load lasts. Default: 30s */
  duration: LOAD_DURATION.optional(),
  /** Load that changes, instead of a constant one: all stages have `users`, or all have `rate`. */
  stages: z.array(PROFILE_STAGE).min(1, 'one stage at least').optional(),
})
  .refine(
    (profile) => [profile.users, profile.rate, profile.stages].filter((it) => it !== undefined).length === 1,
    'one of `users`, `rate` and `stages`',
  )
  .refine(({ duration, stages }) => !(duration && stages), {
    path: ['duration'],
    error: 'none beside `stages`, which have their own',
  })
  .refine(({ stages = [] }) => new Set(stages.map(({ users }) => users === undefined)).size <= 1, {
    path: ['stages'],
    error: 'stages that all have `users`, or all have `rate`',
  });

const NAME = z.string().refine(isProjectName, PROJECT_NAME.expected);

export const CONFIG = strictObject({
  /** Name of the project on its runs, dashboards and alerts. Default: that of package.json, or of the directory */
  name: NAME.optional(),
  /** Systems that `--target NAME` or TARGET chooses. */
  targets: z.record(TARGET_NAME, TARGET).optional(),
  /** Load profiles of the team, which `--profile NAME` or PROFILE chooses. */
  profiles: z.record(PROFILE_NAME, PROFILE).optional(),
  /** Mixes of scenarios: the name of the mix runs each of its scenarios as often as its weight says. */
  mixes: z.record(TEXT, z.record(TEXT, z.number().positive('a weight above 0'))).optional(),
  /** Directory of the team's own scenarios, relative to the configuration. Default: loadtests */
  scenarios_dir: TEXT.optional(),
  /** By scenario: limits that replace those for the same indicator and request, or are added. */
  slos: z.record(TEXT, z.array(sloSchema({ reason: TEXT.optional() })).refine(hasNoDuplicates, ONCE)).optional(),
  /** Limits of the SLOs that every scenario has, unless it states its own. */
  default_limits: strictObject({
    error_rate: DEFAULT_LIMIT.optional(),
    exception_rate: DEFAULT_LIMIT.optional(),
  } satisfies Record<DefaultIndicator, z.ZodType>).optional(),
  /** Accounts for virtual users: a .csv or .json file relative to the configuration, or a variable that holds JSON. */
  users: strictObject({
    file: TEXT.optional(),
    env: VARIABLE.optional(),
    /** What scenarios read of an account. A run does not start unless each account has a value for all of them. */
    columns: z.array(TEXT).min(1).optional(),
  })
    .refine(({ file, env }) => (file === undefined) !== (env === undefined), 'either `file` or `env`')
    .optional(),
  /** Retention of the buckets: `30d`, `12h`, `2w` or `forever`. RETENTION_* override it. `up` and `run` apply it. */
  retention: strictObject({
    live: RETENTION.optional(),
    raw: RETENTION.optional(),
    runs: RETENTION.optional(),
    target: RETENTION.optional(),
  }).optional(),
  /** Environment variables that scenarios may read in `__ENV`. */
  secrets: z.array(SCRIPT_VARIABLE).optional(),
}).check(({ value, issues }) => {
  const known = Object.keys({ ...PROFILES, ...value.profiles });
  for (const [name, { profile }] of Object.entries(value.targets ?? {})) {
    if (profile === undefined || known.includes(profile)) continue;
    const message = `one of: ${known.join(', ')}`;
    issues.push({ code: 'custom', path: ['targets', name, 'profile'], input: profile, message });
  }
});

/** `loadstar.config.ts`. Values that are secret stay in the environment: fields only name their variables. */
export type LoadstarConfig = z.input<typeof CONFIG>;
export type TargetConfig = z.output<typeof TARGET>;

const run = z.custom<() => void>((value) => typeof value === 'function', 'a function');

const SCENARIO_SLO = sloSchema({
  /** The trend that p95_ms or p99_ms is of, where it is another than the latency of requests. */
  metric: TEXT.optional(),
  /** Ends the run beyond this limit, after so many seconds. */
  aborts: strictObject({
    limit: z.number(),
    after_s: z.number().positive('a number above 0'),
  }).optional(),
  /** The scenario may make no such request in a short run: then nothing is judged. */
  rare: z.literal(true).optional(),
  /** false: no alert rule. */
  alerts: z.literal(false).optional(),
  reason: TEXT,
});

/** Our output stores other names changed (k6/output/guard.go: storable): none of their samples would be found again. */
const REQUEST = TEXT.regex(
  /^\P{Cc}*[^\\ \p{Cc}]$/u,
  'a name on one line, without control characters, that ends with neither a space nor a backslash',
).refine((name) => Buffer.byteLength(name) <= LONGEST_TAG_BYTES, `a name of at most ${LONGEST_TAG_BYTES} bytes`);

/** What the runner reads of a scenario's file: Scenario of the contract, and the functions. */
export const SCENARIO = strictObject({
  title: TEXT,
  journey: TEXT,
  requests: z.array(REQUEST),
  slos: z.array(SCENARIO_SLO).refine(hasNoDuplicates, ONCE),
  secrets: z.array(SCRIPT_VARIABLE).optional(),
  weight: z.number().positive('a number above 0').optional(),
  users_factor: z.number().positive('a number above 0').optional(),
  needs_browser: z.literal(true).optional(),
  setup: run.optional(),
  run,
  teardown: run.optional(),
});
