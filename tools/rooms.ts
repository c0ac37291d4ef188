/**
 * The rooms: a top-level folder is one job, and imports go one way. Lint rules (biome.rooms.json), the map in
 * docs/architecture.md and tests/rooms.test.ts derive from this table.
 */
export interface Room {
  /** What it is for, in one sentence that stands alone. */
  readonly job: string;
  /** Rooms that it may import. A room stands below all rooms that may import it. */
  readonly imports: readonly string[];
  /** Why a forbidden import is wrong there, and where the code belongs instead. */
  readonly advice: string;
  /** It runs where Node.js is not: `node:` modules are refused. */
  readonly without_node?: true;
}

const SHARED_FACT = 'If two rooms share a fact, put it into contract/; if they must meet, do it in a room above both.';

/** From the bottom up. */
export const ROOMS = {
  contract: {
    job: 'Facts that several rooms share: metrics, SLOs, names, formats, versions, and how figures are written.',
    imports: [],
    advice: 'contract/ holds facts and pure functions on them, and imports nothing: everything else derives from it.',
    without_node: true,
  },
  lib: {
    job: 'General tools of the Node.js code: errors, terminal, files, processes, network, masking of secrets.',
    imports: ['contract'],
    advice: 'lib/ knows nothing of load tests. Code that does belongs into the room of its job.',
  },
  profiles: {
    job: "Pure planning that k6 and the command line share: stages, k6's options and thresholds.",
    imports: ['contract'],
    advice: `profiles/ runs in k6 too, and imports only contract/. ${SHARED_FACT}`,
    without_node: true,
  },
  analysis: {
    job: 'Statistics: histograms, noise, change points, verdicts on series and runs. No I/O.',
    imports: ['contract'],
    advice: `analysis/ is pure, and imports only contract/. ${SHARED_FACT}`,
    without_node: true,
  },
  influxdb: {
    job: 'What is stored in InfluxDB: set-up, records of runs, queries.',
    imports: ['contract'],
    advice: `influxdb/ reads and writes, and judges nothing: it imports only contract/. ${SHARED_FACT}`,
  },
  grafana: {
    job: 'Dashboards and alert rules as code; provisioning/ is generated from them.',
    imports: ['contract'],
    advice: `grafana/ is generated from facts, and imports only contract/. ${SHARED_FACT}`,
  },
  k6: {
    job: 'Everything that runs inside k6: scenarios, the client that they use, and the output extension in Go.',
    imports: ['contract', 'profiles'],
    advice: `k6/ runs in k6, and imports only contract/ and profiles/. ${SHARED_FACT}`,
    without_node: true,
  },
  demo: {
    job: 'The demo clinic: the app that is loaded where no target is named.',
    imports: ['contract'],
    advice: `demo/ is a program of its own, and imports only contract/. ${SHARED_FACT}`,
  },
  inbox: {
    job: "The local inbox that takes Slack's messages where no webhook is set.",
    imports: ['contract'],
    advice: `inbox/ is a program of its own, and imports only contract/. ${SHARED_FACT}`,
  },
  project: {
    job: "A team's project: configuration, targets, catalogue of scenarios, bundles, scaffolds.",
    imports: ['contract', 'lib', 'profiles', 'influxdb', 'k6'],
    advice: `project/ knows what a team has written, and nothing of servers or runs. ${SHARED_FACT}`,
  },
  stack: {
    job: 'The servers and programs that a run needs: engines, secrets, provisioning, push, who uses them now.',
    imports: ['contract', 'lib', 'influxdb', 'grafana', 'project'],
    advice: `stack/ brings servers up, and knows nothing of what a run measures. ${SHARED_FACT}`,
  },
  history: {
    job: 'Earlier runs: baselines, comparisons, export and import, the branch that keeps them in CI.',
    imports: ['contract', 'lib', 'analysis', 'profiles', 'influxdb'],
    advice: `history/ reads records and compares them; who runs and who reports are rooms above. ${SHARED_FACT}`,
  },
  report: {
    job: 'What people read of a run: terminal, Markdown, Slack, HTML pages, the files in results/.',
    imports: ['contract', 'lib', 'analysis', 'influxdb', 'grafana', 'history'],
    advice: `report/ shows results that are already judged: it starts, judges and notifies nothing. ${SHARED_FACT}`,
  },
  runs: {
    job: 'A run from its start to its record: options, k6, generators, judging, notifying, housekeeping.',
    imports: ['contract', 'lib', 'profiles', 'analysis', 'influxdb', 'project', 'stack', 'history', 'report'],
    advice: `runs/ is called by commands, and calls none. ${SHARED_FACT}`,
  },
  kubernetes: {
    job: 'A run and its stack as Kubernetes manifests.',
    imports: ['contract', 'lib', 'profiles', 'influxdb', 'grafana', 'project', 'stack', 'runs'],
    advice: `kubernetes/ writes manifests of what the other rooms do. ${SHARED_FACT}`,
  },
  cli: {
    job: 'The command line: one file a command, options in, exit code out.',
    imports: ['contract', 'lib', 'analysis', 'influxdb', 'project', 'stack', 'history', 'report', 'runs', 'kubernetes'],
    advice: 'cli/ calls the other rooms. Code that another room needs belongs into that room.',
  },
  tools: {
    job: 'Programs of the developers: generated files and docs, the test runner.',
    imports: ['contract', 'profiles', 'grafana', 'project'],
    advice: 'tools/ generates files from the other rooms, and no room imports it.',
  },
  bench: {
    job: 'Measurements with published figures.',
    imports: ['contract', 'lib', 'analysis', 'influxdb', 'grafana', 'project', 'stack', 'runs', 'tests'],
    advice: 'bench/ measures the other rooms, and no room imports it.',
  },
} as const satisfies Record<string, Room>;

export type RoomName = keyof typeof ROOMS;

/** biome.rooms.json: an override a room, which refuses imports of all rooms that it may not import. */
export function roomLintRules(): string {
  const names = [...Object.keys(ROOMS), 'tests'];
  const overrides = Object.entries(ROOMS as Record<string, Room>).map(([name, room]) => {
    const forbidden = names.filter((it) => it !== name && !room.imports.includes(it));
    const patterns = [{ group: forbidden.map((it) => `**/../${it}/**`), message: room.advice }];
    const message = `${name}/ runs where there are no Node.js modules: do it in a room of the command line.`;
    if (room.without_node) patterns.push({ group: ['node:*'], message });
    return {
      includes: [`${name}/**`, '!**/*.test.ts', '!k6/stubs/**'],
      linter: { rules: { style: { noRestrictedImports: { level: 'error', options: { patterns } } } } },
    };
  });
  return `${JSON.stringify({ overrides }, null, 2)}\n`;
}

/** The table of rooms in docs/architecture.md. */
export function roomTable(): string {
  const rows = Object.entries(ROOMS as Record<string, Room>).map(
    ([name, { job, imports }]) =>
      `| \`${name}/\` | ${job} | ${imports.map((it) => `\`${it}\``).join(', ') || 'nothing'} |`,
  );
  return ['| room | job | may import |', '|---|---|---|', ...rows].join('\n');
}
