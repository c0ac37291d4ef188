import type { TelemetryConfig } from './telemetry.ts';

/** What the demo clinic, the scenarios written for it and the runner that starts it have to agree on. */
export const DEMO = {
  health_path: '/healthz',
  /** Exists in the demo only: reads and sets the faults that it injects. */
  faults_path: '/__admin/faults',
  /** Metrics in the text format of Prometheus. */
  metrics_path: '/metrics',
  /** WebSocket: slots that are taken or free again. */
  live_path: '/api/slots/live',
  /** Seeded users are user1@… to user<count>@…, all with this password: there is nothing to protect in a demo. */
  users: { count: 200, domain: 'example.com', password: 'loadstar-demo' },
  /** After so many wrong passwords in the window an account answers 429, whatever the password. */
  login: { wrong_passwords: 5, window_s: 10, token_life_s: 900 },
  uploads: { most_bytes: 1_048_576, types: ['application/pdf', 'image/png', 'image/jpeg'] },
} as const;

/** The demo clinic as the target of runs; the second name is for teams that have a target of the first. */
export const DEMO_TARGET = { name: 'demo', other_name: 'loadstar-demo' } as const;

/** What `--telemetry on` collects of it, for a short time as its runs are short. The address is a path below that of the demo. */
export const DEMO_TELEMETRY: TelemetryConfig = { around_s: 3, every_s: 1, scrape: [{ url: DEMO.metrics_path }] };
