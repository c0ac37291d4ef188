/** What the demo clinic, the scenarios written for it and the runner that starts it have to agree on. */
export const DEMO = {
  health_path: '/healthz',
  /** Exists in the demo only: reads and sets the faults that it injects. */
  faults_path: '/__admin/faults',
  /** Seeded users are user1@… to user<count>@…, all with this password: there is nothing to protect in a demo. */
  users: { count: 200, domain: 'example.com', password: 'loadstar-demo' },
} as const;
