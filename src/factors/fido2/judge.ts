import type { Account } from '../../core/account.ts';
import { LEVELS } from './mds/levels.ts';
import type { Data } from './schemas.ts';
import type { Profile } from './settings.ts';
import type { ModelName, ProfileTrust, Trust } from './trust.ts';

/** Whose credential it is and where it is used; without application no profile for applications applies. */
export interface Circumstances {
  groups: readonly string[];
  application?: string | undefined;
}

/** What a profile looks at. */
export type Facts = Pick<Data, 'aaguid' | 'backupEligible' | 'attestation'>;

export type Objection = 'synced' | 'attestation' | 'model' | 'status' | 'level' | 'firmware';

export type Judgement =
  /** `attested`: some profile's trust covers it, and it can't leave its hardware. */
  { accepted: true; attested: boolean } | { accepted: false; objection: Objection; profile: Profile; detail: string };

function matches(profile: Profile, { groups, application }: Circumstances): boolean {
  if (profile.groups && !profile.groups.some((group) => groups.includes(group))) return false;
  return (
    profile.applications === undefined || (application !== undefined && profile.applications.includes(application))
  );
}

/** Profiles that this person's credentials meet, here or at some application. */
export function profilesOf(trust: Trust, { groups }: Pick<Account, 'groups'>): Profile[] {
  return trust.profiles
    .map(({ profile }) => profile)
    .filter((profile) => matches({ ...profile, applications: undefined }, { groups }));
}

export function nameOf({ aaguid, attestation }: Facts): ModelName {
  return { aaguid, keyIdentifier: attestation?.keyIdentifier };
}

/** Whether version `found` is `least` or later, number by number. */
function isRecent(found: string, least: string): boolean {
  const [a, b] = [found, least].map((text) => text.split('.').map(Number));
  const at = (a ?? []).findIndex((part, index) => part !== b?.[index]);
  return at === -1 || (a?.[at] ?? 0) > (b?.[at] ?? 0);
}

type Check = (facts: Facts, it: ProfileTrust, verified: boolean) => string | undefined;

/** Every objection a profile can have, in the order in which they are told; a text says why, for the help desk. */
const CHECKS: readonly (readonly [Objection, Check])[] = [
  [
    'synced',
    ({ backupEligible }, { profile }) =>
      backupEligible && profile.syncedPasskeys === 'refused' ? 'backup eligible' : undefined,
  ],
  [
    'attestation',
    (_, { profile }, verified) =>
      profile.attestation === 'required' && !verified ? 'no trusted attestation' : undefined,
  ],
  ['model', ({ aaguid }, { profile: { aaguids } }) => (aaguids.refuse.includes(aaguid) ? 'model refused' : undefined)],
  [
    'model',
    ({ aaguid }, { profile: { aaguids } }) =>
      aaguids.allow.length > 0 && !aaguids.allow.includes(aaguid) ? 'model not among those allowed' : undefined,
  ],
  ['status', (facts, it) => it.model(nameOf(facts))?.compromised],
  ['level', (facts, it) => belowLevel(facts, it)],
  ['firmware', (facts, it, verified) => belowFirmware(facts, it.profile, verified)],
];

function belowLevel(facts: Facts, it: ProfileTrust): string | undefined {
  const least = it.profile.minimumLevel;
  if (least === undefined) return undefined;
  const level = it.model(nameOf(facts))?.level;
  if (level !== undefined && LEVELS.indexOf(level) >= LEVELS.indexOf(least)) return undefined;
  return `certified ${level ?? 'to no level'}, ${least} needed`;
}

/** Absent or malformed, the firmware isn't known, and what isn't known isn't recent enough. */
function belowFirmware({ aaguid, attestation }: Facts, profile: Profile, verified: boolean): string | undefined {
  const least = profile.minimumFirmware[aaguid];
  if (least === undefined) return undefined;
  const found = verified ? attestation?.firmware : undefined;
  if (found === undefined) return `firmware unknown, ${least} needed`;
  return isRecent(found, least) ? undefined : `firmware ${found}, ${least} needed`;
}

/**
 * What the profiles say of a credential, now: each that matches must accept it, so that adding a profile never
 * lowers what holds. Asked at enrolment and again at every use.
 */
export function judge(trust: Trust, facts: Facts, circumstances: Circumstances): Judgement {
  const name = nameOf(facts);
  let trusted = false;
  for (const it of trust.profiles.filter(({ profile }) => matches(profile, circumstances))) {
    const verified = it.profile.attestation !== 'none' && it.trusts(name, facts.attestation);
    for (const [objection, check] of CHECKS) {
      const why = check(facts, it, verified);
      if (why === undefined) continue;
      const detail = `${objection}: ${facts.aaguid}: ${why} (profile ${it.profile.name})`;
      return { accepted: false, objection, profile: it.profile, detail };
    }
    trusted ||= verified;
  }
  return { accepted: true, attested: trusted && isHardware(trust, facts) };
}

function isHardware(trust: Trust, facts: Facts): boolean {
  return !facts.backupEligible && !trust.model(nameOf(facts))?.software;
}

/** Whether a proof with this credential could count as attested for some person and application, now. */
export function mayAttest(trust: Trust, facts: Facts): boolean {
  const name = nameOf(facts);
  const trusted = trust.profiles.some((it) => it.profile.attestation !== 'none' && it.trusts(name, facts.attestation));
  return trusted && isHardware(trust, facts);
}
