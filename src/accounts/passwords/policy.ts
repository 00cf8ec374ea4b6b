import { isMeetable, join } from './join.ts';
import type { PasswordProfile } from './profile.ts';

/** A profile, and whom it reaches. */
export interface GivenProfile {
  profile: PasswordProfile;
  /** People in any of these; absent: whoever no other profile reaches, if it is the default. */
  groups?: readonly string[];
  /** Whose expiry is enforced; absent: everybody's. */
  enforcedGroups?: readonly string[];
}

/** As the configuration gives it. Durations are milliseconds. */
export interface PasswordPolicy {
  profiles: ReadonlyMap<string, GivenProfile>;
  /** Of whoever is in no group that a profile names. */
  default: string;
  /** What this service and its institution call themselves: the first thing that is guessed after the user name. */
  names: readonly string[];
  /** When a profile reaches those who have a password: at a sign-in, or not before they change it or it expires. */
  adopt: 'sign-in' | 'expiry';
  /** Over how long that is spread, so that not everybody is asked on one day. */
  spread: number;
}

/** Undefined: the directory doesn't say, which isn't the same as none. */
export type Groups = readonly string[] | undefined;

/**
 * The profile of somebody in these groups: the join of all that name one of them, and else the default. Where groups
 * aren't known it is the join of all profiles, for any of them may be theirs.
 */
export function createProfiles({ profiles, default: fallback }: PasswordPolicy): (groups: Groups) => PasswordProfile {
  const all = [...profiles].filter(([name, { groups }]) => name === fallback || groups !== undefined);
  return (groups) => {
    if (groups === undefined) return met(joined(all.map(([, given]) => resolved(given, undefined))));
    const matching = all.filter(([, given]) => given.groups?.some((group) => groups.includes(group)));
    const reached = matching.length > 0 ? matching : all.filter(([name]) => name === fallback);
    return joined(reached.map(([, given]) => resolved(given, groups)));
  };
}

function resolved({ profile, enforcedGroups }: GivenProfile, groups: Groups): PasswordProfile {
  const { expiry } = profile;
  if (expiry === undefined || enforcedGroups === undefined || groups === undefined) return profile;
  const enforced = expiry.enforced && enforcedGroups.some((group) => groups.includes(group));
  return { ...profile, expiry: { ...expiry, enforced } };
}

function joined(profiles: readonly PasswordProfile[]): PasswordProfile {
  const [first, ...others] = profiles;
  if (first === undefined) throw new TypeError('a password policy without its default profile');
  return others.reduce(join, first);
}

/**
 * Only the default may contradict another one, for nobody known is under both (`config check` refuses other pairs).
 * Of the two ends the fewest characters are the safe one.
 */
function met(profile: PasswordProfile): PasswordProfile {
  if (isMeetable(profile)) return profile;
  const { minimum, maximum } = profile.length;
  return {
    ...profile,
    length: { minimum, maximum: Math.max(minimum, maximum) },
    bytes: Math.max(minimum, profile.bytes),
  };
}
