import { BUILT_IN, isMeetable, join } from '../../accounts/passwords/index.ts';
import type { Fault } from './faults.ts';
import { givenOf } from './password-profiles.ts';
import type { Parsed } from './schema.ts';
import type { Subject } from './subject.ts';
import type { Path } from './tree.ts';

type Written = Parsed['passwordPolicy'];
const AT = (name: string, ...rest: string[]): Path => ['passwordPolicy', 'profiles', name, ...rest];

/** Profiles that reach nobody, or that nobody can meet. */
export function passwordFaults({ parsed: { passwordPolicy } }: Subject): Fault[] {
  if (passwordPolicy === undefined) return [];
  return [
    ...defaultIsThere(passwordPolicy),
    ...somebodyIsReached(passwordPolicy),
    ...eachIsMeetable(passwordPolicy),
    ...pairsAreMeetable(passwordPolicy),
  ];
}

function defaultIsThere({ default: fallback, profiles }: Written): Fault[] {
  if (Object.hasOwn(profiles, fallback) || Object.hasOwn(BUILT_IN, fallback)) return [];
  const known = [...new Set([...Object.keys(BUILT_IN), ...Object.keys(profiles)])];
  return [{ path: ['passwordPolicy', 'default'], message: `is no profile: choose one of ${known.join(', ')}` }];
}

function somebodyIsReached({ default: fallback, profiles }: Written): Fault[] {
  return Object.entries(profiles).flatMap(([name, { groups }]) =>
    groups !== undefined || name === fallback
      ? []
      : [{ path: AT(name), message: `reaches nobody: name its groups, or make it passwordPolicy.default` }],
  );
}

function profilesOf(written: Written) {
  return Object.entries(written.profiles).map(([name, one]) => ({ name, ...givenOf(name, one, written) }));
}

function eachIsMeetable(written: Written): Fault[] {
  return profilesOf(written).flatMap(({ name, profile }) => {
    const { length, bytes } = profile;
    if (isMeetable(profile)) return [];
    const most = length.maximum <= bytes ? `${length.maximum} characters` : `${bytes} bytes`;
    return [{ path: AT(name), message: `can’t be met: ${length.minimum} characters at least, ${most} at most` }];
  });
}

/** Of two that one person can be under. Pairs are enough: of several bounds two are the tightest. */
function pairsAreMeetable(written: Written): Fault[] {
  const reaching = profilesOf(written).filter(({ groups, profile }) => groups !== undefined && isMeetable(profile));
  return reaching.flatMap((later, at) =>
    reaching.slice(0, at).flatMap((earlier) => {
      const both = join(earlier.profile, later.profile);
      if (isMeetable(both)) return [];
      const { minimum, maximum } = both.length;
      const message =
        `can’t be met by who is under ${earlier.name} as well: ${minimum} characters at least, ` +
        `${Math.min(maximum, both.bytes)} at most`;
      return [{ path: AT(later.name), message }];
    }),
  );
}
