import { COMMAND } from '../../contract/package-name.ts';
import { PROFILES, type Profile, type ProfileName } from '../../contract/profiles.ts';
import { plannedDuration_s, plateausOf, stagesOf } from '../../profiles/options.ts';

const MINUTE_S = 60;

const MODEL: Readonly<Record<Profile['model'], string>> = {
  closed: 'closed: VUs',
  open: 'open: arrivals',
  staircase: 'open: arrivals, in steps',
  script: 'as the script says',
};

/** docs/profiles.md: every profile of the contract, and how breakpoint finds the limit. */
export function profilesPage(): string {
  const names = Object.keys(PROFILES) as ProfileName[];
  const { factor, steps, step_s } = PROFILES.breakpoint;
  return `<!-- GENERATED from contract/ by \`make generate\`. -->
# Profiles

For everyone who runs load tests: choose how much load for how long, and find the limit of your app.

Set \`PROFILE\` or \`--profile\` to one of these names. In a closed model, a fixed number of virtual users (VUs) run, and
each begins its next journey when the last one has ended: a slow target gets less load. In an open model, a fixed number
of journeys begin per second, whether earlier ones have ended or not: a slow target gets no relief.

| profile | load | model | why this model | duration | peak |
|---|---|---|---|---|---|
${names.map(row).join('\n')}

\`SCALE\` multiplies VUs and arrival rates. \`DURATION\` fits the whole profile into that time; its stages keep their
proportions. The profiles stress and breakpoint seek the limit, so their failed SLOs send no alerts. In an open model, a
journey without a free VU is dropped. The report then says that the load was less than planned.

## Stages with constant load

An SLO can name one of these plateaus, or all of them as \`steady\` ([slo.md](slo.md#parts-of-a-run)). \`SCALE\` and
\`DURATION\` change their load and length, but not their names. \`stress\` only rises and falls, so it has none.

| profile | plateaus |
|---|---|
${names.flatMap(plateauRow).join('\n')}

## breakpoint: find the limit

\`\`\`
${COMMAND} run search --profile breakpoint
${COMMAND} run mixed --profile breakpoint --scale 4 --duration 10m
\`\`\`

The rate rises by ${percent(factor - 1)} every ${step_s} s, at most ${steps} times. Loadstar judges each step by its own
whole seconds, which it reads from InfluxDB while k6 runs: percentiles from merged histograms, error rate and checks
from sums. k6's own thresholds are off, because they look at the run from its start. An SLO counts in a step only with
enough samples that a single bad one could not fail it: 21 for p95, 101 for p99 or a rate of 1 %. Throughput SLOs do not
count, because the steps begin below them.

The first step that fails an SLO ends the run. k6 cuts off the journeys in progress, so data that they would have
cleaned up stays. The exit code is 0. The capacity is that of the last step that passed: answered requests per second,
and VUs with a journey in progress. The report, \`summary.json\` (\`limit\`, with every step), the run's record
(\`capacity_rps\`, \`capacity_users\`) and \`make runs\` show it.

| the run ends because | capacity | exit code |
|---|---|---|
| a step failed an SLO | the last step that passed | 0 |
| the target answers less by more than a step, although the rate rose | the best step that passed | 0 |
| the generator delayed requests itself by 10 ms, or had no VUs left: this is its limit, not the target's | none | 0 |
| all steps passed: begin higher with \`SCALE=10\` | none | 0 |
| the first step with enough samples failed: begin lower with \`SCALE=0.1\` | none | 99 |
| InfluxDB did not answer for 15 s: the load must not rise unobserved | none | 4 |

The profile needs the output \`loadstar\` and steps of 3 s or more (\`DURATION=${3 * steps}s\`). It sets the window to 1 s,
whatever \`K6_LOADSTAR_WINDOW\` says. Longer steps are more certain: a target that is 5 % above its limit needs several
seconds to show it. [Decision 20](decisions/0020-breakpoint.md) gives the reasons, and compares known capacities with
found ones.
`;
}

function row(name: ProfileName): string {
  const profile: Profile = PROFILES[name];
  if (profile.model === 'script') {
    return `| \`${name}\` | ${profile.summary} | ${MODEL.script} | ${profile.reason} | as the script says | as the script says |`;
  }
  const stages = stagesOf({ profile: name, scale: 1, duration_s: null });
  const peak = Math.max(...stages.map((stage) => stage.target));
  const unit = stages[0]?.unit === 'users' ? ' VUs' : ' journeys/s';
  const cells = [
    `\`${name}\``,
    profile.summary,
    MODEL[profile.model],
    profile.reason,
    duration(plannedDuration_s({ profile: name, duration_s: null })),
    `${Math.round(peak)}${unit}`,
  ];
  return `| ${cells.join(' | ')} |`;
}

/** Stages with constant load, by the names that SLOs use. */
function plateauRow(name: ProfileName): string[] {
  const plateaus = plateausOf({ profile: name, scale: 1, duration_s: null });
  if (plateaus.length === 0) return [];
  const cells = plateaus.map((it) => `\`${it.name}\`: ${it.target}${it.unit === 'users' ? ' VUs' : ' journeys/s'}`);
  return [`| \`${name}\` | ${cells.join(', ')} |`];
}

function duration(seconds: number): string {
  if (seconds < MINUTE_S) return `${seconds} s`;
  const minutes = seconds / MINUTE_S;
  return `${Number.isInteger(minutes) ? minutes : minutes.toFixed(1)} min`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
