import type { Account } from '../../core/account.ts';
import { attestedOf, type Facts, nameOf, type Objection, objectionOf } from './checks.ts';
import type { Profile } from './settings.ts';
import type { Trust } from './trust.ts';

/** Whose credential it is and where it is used; without application no profile for applications applies. */
export interface Circumstances {
  /** Undefined: not known. What profiles ask of some groups is then asked, and what they give isn't given. */
  groups?: readonly string[] | undefined;
  application?: string | undefined;
}

export type Judgement =
  /** `attested`: some profile's trust covers it, and it can't leave its hardware. */
  { accepted: true; attested: boolean } | { accepted: false; objection: Objection; profile: Profile; detail: string };

function matches(profile: Profile, { groups, application }: Circumstances): boolean {
  if (profile.groups && groups && !profile.groups.some((group) => groups.includes(group))) return false;
  return (
    profile.applications === undefined || (application !== undefined && profile.applications.includes(application))
  );
}

/** Profiles that this person's credentials meet, here or at some application. */
export function profilesOf(trust: Trust, { groups }: Readonly<Pick<Account, 'groups'>>): Profile[] {
  return trust.profiles
    .map(({ profile }) => profile)
    .filter((profile) => matches({ ...profile, applications: undefined }, { groups }));
}

/**
 * What the profiles say of a credential, now: each that matches must accept it, so that adding a profile never
 * lowers what holds. Asked at enrolment and again at every use.
 */
export function judge(trust: Trust, facts: Facts, circumstances: Circumstances): Judgement {
  let trusted = false;
  for (const it of trust.profiles.filter(({ profile }) => matches(profile, circumstances))) {
    const found = objectionOf(facts, it);
    if (found !== undefined) {
      const detail = `${found.objection}: ${facts.aaguid}: ${found.why} (profile ${it.profile.name})`;
      return { accepted: false, objection: found.objection, profile: it.profile, detail };
    }
    const surely = it.profile.groups === undefined || circumstances.groups !== undefined;
    trusted ||= surely && attestedOf(facts, it) !== undefined;
  }
  return { accepted: true, attested: trusted && isHardware(trust, facts) };
}

/** What may be software counts as software, also where that is only claimed. */
function isHardware(trust: Trust, facts: Facts): boolean {
  return !facts.backupEligible && !trust.model(nameOf(facts))?.software;
}

/** Whether a proof with this credential could count as attested for some person and application, now. */
export function mayAttest(trust: Trust, facts: Facts): boolean {
  return trust.profiles.some((it) => attestedOf(facts, it) !== undefined) && isHardware(trust, facts);
}
