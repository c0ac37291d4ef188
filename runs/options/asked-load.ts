/** The load that a call asks for: a profile of the contract or of the configuration, or `--vus` and `--rate`. */
import { DEFAULT_PROFILE, PROFILES, type Profile } from '../../contract/profiles.ts';
import type { Environment } from '../../lib/environment.ts';
import { usageError } from '../../lib/errors.ts';
import { DEFAULT_LOAD_DURATION, parseRate_per_s, type StatedProfile, toProfile } from '../../profiles/own-profile.ts';
import type { Config } from '../../project/load-config.ts';
import type { Project } from '../../project/project.ts';
import type { NamedTarget } from '../../project/target.ts';
import { parseDuration_s, type RunFlags, type RunOptions, requireOneOf } from './options.ts';

type AskedLoad = Pick<RunOptions, 'profile' | 'own_profile' | 'is_profile_given' | 'duration_s'>;
type NamedProfile = Pick<RunOptions, 'profile' | 'own_profile'>;

/** @throws LoadstarError (usage) */
export function askedLoad(
  flags: RunFlags,
  environment: Environment,
  project: Project | null,
  target: NamedTarget | null,
): AskedLoad {
  const duration = flags.duration ?? environment.DURATION;
  const duration_s = duration ? parseDuration_s('DURATION', duration) : null;
  const { profile, vus, rate } = pickOne(flags, environment);
  const stated = statedLoad({ vus, rate });
  if (stated) {
    const own_profile = toProfile({ ...stated.load, duration: duration ? `${duration_s}s` : DEFAULT_LOAD_DURATION });
    // The profile has its duration already.
    return { profile: stated.name, own_profile, is_profile_given: true, duration_s: null };
  }
  return {
    ...namedProfile(profile ?? target?.profile ?? DEFAULT_PROFILE, project),
    is_profile_given: profile !== undefined,
    duration_s,
  };
}

/** A profile by its name. @throws LoadstarError (usage) */
export function namedProfile(name: string, project: Project | null): NamedProfile {
  const own: Readonly<Record<string, StatedProfile>> = project?.config.profiles ?? {};
  const profile = requireOneOf<Readonly<Record<string, Profile | StatedProfile>>>('a profile', name, {
    ...PROFILES,
    ...own,
  });
  const stated = own[profile];
  return { profile, ...(stated ? { own_profile: toProfile(stated) } : {}) };
}

/** All profiles that a call can name. */
export function listProfiles({ profiles = {} }: Config): { readonly name: string; readonly summary: string }[] {
  const own = Object.entries(profiles).map(([name, stated]) => [name, toProfile(stated)] as const);
  return [...Object.entries(PROFILES), ...own].map(([name, { summary }]) => ({ name, summary }));
}

type Asked = Readonly<Record<'profile' | 'vus' | 'rate', string | undefined>>;

/** An option wins over the variables of the others. @throws LoadstarError (usage) for two of a kind */
function pickOne(flags: RunFlags, environment: Environment): Asked {
  const options = { profile: flags.profile, vus: flags.vus, rate: flags.rate };
  const has_option = Object.values(options).some((value) => value !== undefined);
  const asked = has_option ? options : { profile: environment.PROFILE, vus: environment.VUS, rate: environment.RATE };
  const given = Object.entries(asked).filter(([, value]) => value);
  if (given.length <= 1) return asked;
  throw usageError(
    'one of PROFILE, VUS and RATE',
    given.map(([name, value]) => `${name.toUpperCase()}=${value}`).join(' and '),
    'leave all but one out',
  );
}

/** The name of a constant load: `vus10`, `rate20s`, `rate0p5s`. */
const CONSTANT = /^(?:vus(?<users>\d+)|rate(?<count>\d+(?:p\d+)?)(?<unit>[smh]))$/;

/** The load that `--vus` or `--rate` made, by the name that its run has. @returns null for a name of another profile */
export function constantLoad(name: string, duration_s: number | null): NamedProfile | null {
  const { users, count, unit } = CONSTANT.exec(name)?.groups ?? {};
  const load = users ? { users: Number(users) } : count ? { rate: `${count.replace('p', '.')}/${unit}` } : null;
  if (!load) return null;
  const duration = duration_s === null ? DEFAULT_LOAD_DURATION : `${duration_s}s`;
  return { profile: name, own_profile: toProfile({ ...load, duration }) };
}

interface StatedLoad {
  /** As run ids name the profile: letters and digits. */
  readonly name: string;
  readonly load: StatedProfile;
}

function statedLoad({ vus, rate }: Pick<Asked, 'vus' | 'rate'>): StatedLoad | null {
  if (vus) {
    const users = Number(vus);
    if (Number.isInteger(users) && users > 0) return { name: `vus${users}`, load: { users } };
    throw usageError('VUS to be a whole number above 0', `\`${vus}\``, 'for example --vus 10');
  }
  if (!rate) return null;
  const with_unit = rate.includes('/') ? rate : `${rate}/s`;
  if (parseRate_per_s(with_unit) !== null) {
    return { name: `rate${with_unit.replace('.', 'p').replace('/', '')}`, load: { rate: with_unit } };
  }
  throw usageError('RATE to be a rate above 0, such as 20/s or 600/m', `\`${rate}\``, 'for example --rate 20/s');
}
