import { PROFILES, type Profile, type ProfileName } from '../../contract/profiles.ts';
import { plannedDuration_s, stagesOf } from '../../profiles/options.ts';

const MINUTE_S = 60;

const MODEL: Readonly<Record<Profile['model'], string>> = {
  closed: 'closed: users',
  open: 'open: arrivals',
  staircase: 'open: arrivals, in steps',
};

/** docs/profiles.md: every profile from the contract, and how the limit is found. */
export function profilesPage(): string {
  const names = Object.keys(PROFILES) as ProfileName[];
  const { factor, steps, step_s } = PROFILES.breakpoint;
  return `<!-- GENERATED from contract/ by \`make generate\`. -->
# Profiles

\`PROFILE\` says how much load, for how long. In a closed model so many users begin their next journey when the last one has ended: a slow target gets less load. In
an open one so many journeys begin a second, whether the earlier ones have ended or not: a slow target gets no relief.

| profile | what | model | why | lasts | up to |
|---|---|---|---|---|---|
${names.map(row).join('\n')}

\`SCALE\` is a factor on users and on rates of arrival, \`DURATION\` fits the whole profile, its stages in proportion, into that time. Runs of stress and breakpoint
are after the limit: their breaches page nobody. In an open model a journey for which no user is free is dropped, and the report says so: the load was
less than planned.

## breakpoint: where is the limit?

\`\`\`
npx loadstar run search --profile breakpoint
npx loadstar run mixed --profile breakpoint --scale 4 --duration 10m
\`\`\`

The rate rises by ${percent(factor - 1)} every ${step_s} s, at most ${steps} times. Each step is judged by its own whole seconds, which the runner reads from InfluxDB while k6 runs: percentiles from
merged histograms, error rate and checks from sums. k6's own thresholds, which look at the run from its start, are off. An SLO counts in a step only with so many samples
that one bad one alone could not break it: 21 for p95, 101 for p99 or a rate of 1 %. Throughput SLOs do not count: the stairs begin below them.

The first step that breaks an SLO ends the run. Journeys under way are cut off there, so what they would have cleaned up stays. The exit code is 0, and the capacity is that of the last step that held:
requests answered a second, and users with a journey under way. Both are in the report, in \`summary.json\` (\`limit\`, with every step), in the run's record
(\`capacity_rps\`, \`capacity_users\`), and in \`make runs\`.

| the run ends because | capacity | exit code |
|---|---|---|
| a step broke an SLO | the last step that held | 0 |
| the target answers less by more than a step, though asked for more | the best step that held | 0 |
| the generator delayed requests itself by 10 ms, or had no users left: its limit, not the target's | none | 0 |
| the stairs ended and everything held: \`SCALE=10\` begins higher | none | 0 |
| the first step that could be judged broke: \`SCALE=0.1\` begins lower | none | 99 |
| InfluxDB did not say for 15 s what was measured: the load must not rise blindly | none | 4 |

It needs the output \`loadstar\`, with a window of 1 s, whatever \`K6_LOADSTAR_WINDOW\` says, and steps of 3 s or more (\`DURATION=${3 * steps}s\`). Longer steps are surer: a target that is 5 % over its limit needs
several seconds to show it. [Decision 20](decisions/0020-breakpoint.md) has the reasons, and capacities set against those found.
`;
}

function row(name: ProfileName): string {
  const profile: Profile = PROFILES[name];
  const stages = stagesOf({ profile: name, scale: 1, duration_s: null });
  const peak = Math.max(...stages.map((stage) => stage.target));
  const unit = stages[0]?.unit === 'users' ? ' users' : '/s';
  const cells = [
    `\`${name}\``,
    profile.summary,
    MODEL[profile.model],
    profile.reason,
    duration(plannedDuration_s(name, null)),
    `${Math.round(peak)}${unit}`,
  ];
  return `| ${cells.join(' | ')} |`;
}

function duration(seconds: number): string {
  if (seconds < MINUTE_S) return `${seconds} s`;
  const minutes = seconds / MINUTE_S;
  return `${Number.isInteger(minutes) ? minutes : minutes.toFixed(1)} min`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
