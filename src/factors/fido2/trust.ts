import { X509Certificate } from 'node:crypto';
import type { FactorPorts } from '../../core/factor-ports.ts';
import { fingerprint } from './certificates.ts';
import type { Model } from './mds/entries.ts';
import { createMetadataSource, type MetadataSource } from './mds/source.ts';
import type { Attestation } from './schemas.ts';
import type { Profile, Settings } from './settings.ts';

/** What names a model: its AAGUID, and for U2F its attestation certificate's key. */
export interface ModelName {
  aaguid: string;
  keyIdentifier?: string | undefined;
}

/** AAGUID of U2F keys, and of what doesn't say. */
export const NO_AAGUID = '00000000-0000-0000-0000-000000000000';

/** The trust of one profile. */
export interface ProfileTrust {
  profile: Profile;
  metadata: MetadataSource | undefined;
  model(name: ModelName): Model | undefined;
  /** Whether it trusts what was attested, with the roots and metadata of now. */
  trusts(name: ModelName, attestation: Attestation | undefined): boolean;
}

/** Trust anchors and metadata of all profiles. */
export interface Trust {
  profiles: readonly ProfileTrust[];
  sources: readonly MetadataSource[];
  /** Every anchor that some profile may trust for this model, to check a new statement with. */
  anchors(name: ModelName): X509Certificate[];
  model(name: ModelName): Model | undefined;
}

function lookUp(metadata: MetadataSource | undefined, { aaguid, keyIdentifier }: ModelName): Model | undefined {
  const key = aaguid === NO_AAGUID ? keyIdentifier : aaguid;
  return key === undefined ? undefined : metadata?.models().get(key);
}

function profileTrust(profile: Profile, metadata: MetadataSource | undefined): ProfileTrust {
  const roots = new Set(profile.trust.roots.map((pem) => fingerprint(new X509Certificate(pem))));
  return {
    profile,
    metadata,
    model: (name) => lookUp(metadata, name),
    trusts(name, attestation) {
      const own = new Set([...roots, ...(lookUp(metadata, name)?.anchors ?? []).map(fingerprint)]);
      return attestation?.anchors.some((anchor) => own.has(anchor)) ?? false;
    },
  };
}

/** Profiles that name the same metadata share them. */
export function createTrust(settings: Settings, ports: FactorPorts): Trust {
  const shared = new Map<string, MetadataSource>();
  const sourceOf = ({ trust: { mds } }: Profile): MetadataSource | undefined => {
    if (mds === undefined) return undefined;
    const key = JSON.stringify(mds);
    const source = shared.get(key) ?? createMetadataSource(mds, ports);
    shared.set(key, source);
    return source;
  };
  const profiles = settings.profiles.map((profile) => profileTrust(profile, sourceOf(profile)));
  const roots = settings.profiles.flatMap(({ trust }) => trust.roots).map((pem) => new X509Certificate(pem));
  const sources = [...shared.values()];
  return {
    profiles,
    sources,
    anchors: (name) => [
      ...roots,
      // Stale metadata may name what was struck off since: no new trust rests on them.
      ...sources.filter((source) => source.isFresh()).flatMap((source) => lookUp(source, name)?.anchors ?? []),
    ],
    model(name) {
      for (const source of sources) {
        const model = lookUp(source, name);
        if (model !== undefined) return model;
      }
      return undefined;
    },
  };
}
