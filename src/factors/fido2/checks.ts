import { fingerprint } from './certificates.ts';
import type { Model } from './mds/entries.ts';
import { LEVELS } from './mds/levels.ts';
import type { Attestation, Data } from './schemas.ts';
import type { Profile } from './settings.ts';
import type { ModelName, ProfileTrust } from './trust.ts';

export type Objection = 'synced' | 'attestation' | 'model' | 'status' | 'level' | 'firmware';

/** What a profile looks at. */
export type Facts = Pick<Data, 'aaguid' | 'backupEligible' | 'attestation'>;

/**
 * What the credential says of itself, and what the metadata say of the model that it says it is. Software can say
 * anything: this may be held against who says it, and speaks for nobody.
 */
export interface Claimed {
  aaguid: string;
  backupEligible: boolean;
  /** Of the model that is claimed; nothing but what counts against it. */
  compromised: string | undefined;
}

/** What a verified statement says that the profile trusts. */
export interface Attested {
  /** Whether the statement vouches for the model, and not for the key alone. */
  named: boolean;
  /** What the metadata say of the model that it vouches for. */
  model: Model | undefined;
  firmware: string | undefined;
}

type Check =
  | { on: 'claimed'; against(claimed: Claimed, profile: Profile): string | undefined }
  | {
      on: 'attested';
      /** What the profile wants shown, if anything: without a statement that is the objection. */
      wants(profile: Profile, claimed: Claimed): string | undefined;
      against(attested: Attested, profile: Profile, claimed: Claimed): string | undefined;
    };

/** Whether version `found` is `least` or later, number by number. */
function isRecent(found: string, least: string): boolean {
  const [a, b] = [found, least].map((text) => text.split('.').map(Number));
  const at = (a ?? []).findIndex((part, index) => part !== b?.[index]);
  return at === -1 || (a?.[at] ?? 0) > (b?.[at] ?? 0);
}

function belowLevel(model: Model | undefined, least: Profile['minimumLevel']): string | undefined {
  if (least === undefined) return undefined;
  const level = model?.level;
  if (level !== undefined && LEVELS.indexOf(level) >= LEVELS.indexOf(least)) return undefined;
  return `certified ${level ?? 'to no level'}, ${least} needed`;
}

/** Absent or malformed, the firmware isn't known, and what isn't known isn't recent enough. */
function belowFirmware(found: string | undefined, least: string | undefined): string | undefined {
  if (least === undefined) return undefined;
  if (found === undefined) return `firmware unknown, ${least} needed`;
  return isRecent(found, least) ? undefined : `firmware ${found}, ${least} needed`;
}

/**
 * Every objection that a profile can have, in the order in which they are told; the text says why, for the help desk.
 * A check on what is claimed keeps honest people from using what isn't wanted, and nobody else. One on what is
 * attested is met by a verified statement alone.
 */
export const CHECKS: readonly (readonly [Objection, Check])[] = [
  [
    'synced',
    {
      on: 'claimed',
      against: ({ backupEligible }, { syncedPasskeys }) =>
        backupEligible && syncedPasskeys === 'refused' ? 'backup eligible' : undefined,
    },
  ],
  [
    'attestation',
    {
      on: 'attested',
      wants: ({ attestation }) => (attestation === 'required' ? 'required' : undefined),
      against: () => undefined,
    },
  ],
  [
    'model',
    {
      on: 'claimed',
      against: ({ aaguid }, { aaguids }) => (aaguids.refuse.includes(aaguid) ? 'model refused' : undefined),
    },
  ],
  [
    'model',
    {
      on: 'claimed',
      against: ({ aaguid }, { aaguids: { allow } }) =>
        allow.length > 0 && !allow.includes(aaguid) ? 'model not among those allowed' : undefined,
    },
  ],
  [
    'model',
    {
      on: 'attested',
      wants: ({ attestation, aaguids }) =>
        attestation === 'required' && aaguids.allow.length > 0 ? 'the model needed' : undefined,
      against: ({ named }) => (named ? undefined : 'the statement vouches for the key, not for its model'),
    },
  ],
  ['status', { on: 'claimed', against: ({ compromised }) => compromised }],
  [
    'level',
    {
      on: 'attested',
      wants: ({ minimumLevel }) => minimumLevel && `level ${minimumLevel} needed`,
      against: ({ model }, { minimumLevel }) => belowLevel(model, minimumLevel),
    },
  ],
  [
    'firmware',
    {
      on: 'attested',
      wants: ({ minimumFirmware }, { aaguid }) =>
        minimumFirmware[aaguid] && `firmware ${minimumFirmware[aaguid]} needed`,
      against: ({ firmware }, { minimumFirmware }, { aaguid }) => belowFirmware(firmware, minimumFirmware[aaguid]),
    },
  ],
];

export function nameOf({ aaguid, attestation }: Facts): ModelName {
  return { aaguid, keyIdentifier: attestation?.keyIdentifier };
}

/**
 * Formats whose statement is made by the authenticator itself, its AAGUID included. In the others the operating
 * system writes the AAGUID, and a TPM or Apple's server signs for the key: the model is named only where the
 * certificates lead to roots that the metadata list for it.
 */
const OF_THE_AUTHENTICATOR: ReadonlySet<string> = new Set(['packed', 'fido-u2f']);

function isNamed({ format, anchors }: Attestation, model: Model | undefined): boolean {
  return OF_THE_AUTHENTICATOR.has(format) || (model?.anchors ?? []).some((it) => anchors.includes(fingerprint(it)));
}

/** Undefined where there is no statement, or none that this profile trusts now. */
export function attestedOf(facts: Facts, it: ProfileTrust): Attested | undefined {
  const { attestation } = facts;
  const name = nameOf(facts);
  if (attestation === undefined || it.profile.attestation === 'none' || !it.trusts(name, attestation)) return undefined;
  const model = it.model(name);
  const named = isNamed(attestation, model);
  return { named, model: named ? model : undefined, firmware: attestation.firmware };
}

export function claimedOf(facts: Facts, it: ProfileTrust): Claimed {
  const { aaguid, backupEligible } = facts;
  return { aaguid, backupEligible, compromised: it.model(nameOf(facts))?.compromised };
}

/** The first objection of a profile, and why. */
export function objectionOf(facts: Facts, it: ProfileTrust): { objection: Objection; why: string } | undefined {
  const [claimed, attested] = [claimedOf(facts, it), attestedOf(facts, it)];
  for (const [objection, check] of CHECKS) {
    if (check.on === 'claimed') {
      const why = check.against(claimed, it.profile);
      if (why !== undefined) return { objection, why };
      continue;
    }
    const wanted = check.wants(it.profile, claimed);
    if (wanted === undefined) continue;
    if (attested === undefined) return { objection: 'attestation', why: `no trusted attestation: ${wanted}` };
    const why = check.against(attested, it.profile, claimed);
    if (why !== undefined) return { objection, why };
  }
  return undefined;
}
