import type { FromSchema } from 'json-schema-to-ts';
import type { RunSummary } from '../../contract/results.ts';

const text = { type: 'string' } as const;
const number = { type: 'number' } as const;
const whole = { type: 'integer' } as const;
const maybeText = { type: ['string', 'null'] } as const;
const maybeNumber = { type: ['number', 'null'] } as const;

function object<const P extends Record<string, object>>(properties: P) {
  return {
    type: 'object',
    properties,
    required: Object.keys(properties) as (keyof P & string)[],
    additionalProperties: false,
  } as const;
}

const slos = {
  type: 'array',
  items: object({
    indicator: { type: 'string', enum: ['p95_ms', 'p99_ms', 'error_rate', 'checks_rate', 'throughput_rps'] },
    request: maybeText,
    metric: maybeText,
    limit: number,
    value: maybeNumber,
    ok: { type: 'boolean' },
  }),
} as const;

const limit = object({
  end: { type: 'string', enum: ['slo', 'stalled', 'generator', 'none', 'capped', 'unreadable', 'cut'] },
  capacity_rps: maybeNumber,
  capacity_users: maybeNumber,
  steps: {
    type: 'array',
    items: object({
      started: text,
      offered_per_s: number,
      throughput_rps: number,
      users: number,
      dropped_iterations: whole,
      generator_delay_ms: number,
      state: { type: 'string', enum: ['held', 'broken', 'unjudged', 'starved'] },
      slos,
    }),
  },
});

const texts = { type: 'array', items: text } as const;

const generators = object({ expected: whole, ended: texts, lost: texts });

const latency = object({
  min_ms: number,
  avg_ms: number,
  p50_ms: number,
  p90_ms: number,
  p95_ms: number,
  p99_ms: number,
  max_ms: number,
});

const comparison_verdict = {
  type: 'string',
  enum: ['improved', 'same', 'suspected', 'regressed', 'unstable', 'not enough runs'],
} as const;

const comparison = object({
  verdict: comparison_verdict,
  sentence: text,
  baseline: object({
    kind: { type: 'string', enum: ['rolling', 'pinned', 'run'] },
    runs: whole,
    testid: maybeText,
    branch: maybeText,
  }),
  metrics: {
    type: 'array',
    items: object({
      metric: { type: 'string', enum: ['p50_ms', 'p95_ms', 'p99_ms', 'error_rate', 'throughput_rps', 'checks_rate'] },
      request: maybeText,
      baseline: maybeNumber,
      value: maybeNumber,
      change: maybeNumber,
      difference: maybeNumber,
      low: maybeNumber,
      high: maybeNumber,
      confidence: maybeNumber,
      verdict: comparison_verdict,
      sentence: text,
    }),
  },
});

const summary = object({
  schema_version: { type: 'integer', const: 1 },
  testid: text,
  confirms: maybeText,
  scenario: text,
  profile: text,
  target: object({ base_url: text, name: text }),
  app: object({ version: maybeText, commit: maybeText, branch: maybeText }),
  engine: text,
  outputs: { type: 'array', items: text },
  k6_version: text,
  started: text,
  ended: text,
  planned_end: text,
  duration_s: number,
  status: {
    type: 'string',
    enum: ['running', 'passed', 'failed', 'incomplete', 'broken', 'interrupted'],
  },
  verdict: text,
  exit_code: whole,
  k6_exit_code: { type: ['integer', 'null'] },
  requests: whole,
  throughput_rps: number,
  error_rate: number,
  checks_rate: maybeNumber,
  iterations: whole,
  dropped_iterations: whole,
  script_exceptions: whole,
  vus_max: whole,
  data_sent_bytes: number,
  data_received_bytes: number,
  latency: { anyOf: [latency, { type: 'null' }] },
  slos,
  by_request: {
    type: 'array',
    items: object({
      name: text,
      requests: whole,
      p50_ms: number,
      p95_ms: number,
      p99_ms: number,
      max_ms: number,
      error_rate: number,
    }),
  },
  completeness: object({
    state: { type: 'string', enum: ['complete', 'tolerated', 'incomplete', 'unknown'] },
    samples_sent: whole,
    samples_stored: whole,
    tolerance: number,
    rows: {
      type: 'array',
      items: object({ metric: text, quantity: text, sent: number, stored: number, ok: { type: 'boolean' } }),
    },
  }),
  output: {
    anyOf: [
      object({
        points: whole,
        bytes: whole,
        sent_bytes: whole,
        series: whole,
        spooled_batches: whole,
        rejected_batches: whole,
        lost_points: whole,
      }),
      { type: 'null' },
    ],
  },
  overflow: {
    anyOf: [
      object({ limit: whole, tag: text, values: whole, examples: { type: 'array', items: text } }),
      { type: 'null' },
    ],
  },
  generator: {
    anyOf: [
      object({
        saturated: { type: 'boolean' },
        saturated_s: whole,
        longest_s: whole,
        seconds: whole,
        peak_machine_cpu: number,
        peak_resident_bytes: whole,
      }),
      { type: 'null' },
    ],
  },
  comparison: { anyOf: [comparison, { type: 'null' }] },
  links: object({ grafana: maybeText, compare: maybeText, live_view: maybeText }),
});

export const SUMMARY_SCHEMA = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Loadstar: summary.json of a run',
  ...summary,
  // Of the profile breakpoint, of several generators, and of runs that were stopped alone: so not required.
  properties: { ...summary.properties, limit, generators, stopped: object({ by: text, at: text }) },
} as const;

// Each assigned to the other: schema and type say the same, or this does not compile.
type Schema = FromSchema<typeof SUMMARY_SCHEMA>;
export const schemaOf = (summary: RunSummary): Schema => summary;
export const summaryOf = (value: Schema): RunSummary => value;

/** contract/summary.schema.json */
export function summarySchema(): string {
  return `${JSON.stringify(SUMMARY_SCHEMA, null, 2)}\n`;
}
