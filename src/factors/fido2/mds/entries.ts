import { X509Certificate } from 'node:crypto';
import type { Blob, Entry } from './blob.ts';
import { CERTIFIED, type CertificationLevel, COMPROMISED, LEVELS } from './levels.ts';

/** What the metadata say of one model. */
export interface Model {
  description?: string;
  anchors: readonly X509Certificate[];
  /** Status for which it counts no more. */
  compromised?: string;
  level?: CertificationLevel;
  /** The vendor says that keys are protected by software alone. */
  software: boolean;
}

/** By AAGUID; U2F models, which have none, by attestation certificate key identifier. */
export type Models = ReadonlyMap<string, Model>;

/** A certificate is base64 of DER; some vendors' carry white space. One that can't be read anchors nothing. */
function anchor(text: string): X509Certificate[] {
  try {
    return [new X509Certificate(Buffer.from(text, 'base64'))];
  } catch {
    return [];
  }
}

/** Certification as it stands at `now`: reports are in order of time (MDS3 section 3.1.4). */
function levelAt(entry: Entry, now: number): CertificationLevel | undefined {
  let level: CertificationLevel | undefined;
  for (const { status, effectiveDate } of entry.statusReports) {
    if (effectiveDate !== undefined && !(Date.parse(effectiveDate) <= now)) continue;
    const certified = CERTIFIED[status];
    if (status === 'NOT_FIDO_CERTIFIED') level = undefined;
    else if (certified && (level === undefined || LEVELS.indexOf(certified) > LEVELS.indexOf(level))) level = certified;
  }
  return level;
}

function modelOf(entry: Entry, now: number): Model {
  const { description, attestationRootCertificates = [], keyProtection = [] } = entry.metadataStatement ?? {};
  const compromised = entry.statusReports.find(({ status }) => COMPROMISED.has(status))?.status;
  const level = levelAt(entry, now);
  return {
    anchors: attestationRootCertificates.flatMap(anchor),
    software: keyProtection.includes('software'),
    ...(description === undefined ? {} : { description }),
    ...(compromised === undefined ? {} : { compromised }),
    ...(level === undefined ? {} : { level }),
  };
}

export function modelsOf(blob: Blob, now: number): Models {
  const models = new Map<string, Model>();
  for (const entry of blob.entries) {
    const model = modelOf(entry, now);
    for (const key of [entry.aaguid, ...(entry.attestationCertificateKeyIdentifiers ?? [])]) {
      if (key !== undefined) models.set(key, model);
    }
  }
  return models;
}
