/** FIDO certification levels, least first (FIDO Authenticator Certification). */
export const LEVELS = ['L1', 'L1plus', 'L2', 'L2plus', 'L3', 'L3plus'] as const;
export type CertificationLevel = (typeof LEVELS)[number];

/** What a status of the MDS certifies (MDS3 section 3.1.4); FIDO_CERTIFIED is the older name of level 1. */
export const CERTIFIED: Readonly<Record<string, CertificationLevel>> = {
  FIDO_CERTIFIED: 'L1',
  ...Object.fromEntries(LEVELS.map((level) => [`FIDO_CERTIFIED_${level}`, level])),
};

/** Status after which a model counts no more, whatever is reported later: which ones were mended can't be told. */
export const COMPROMISED: ReadonlySet<string> = new Set([
  'REVOKED',
  'USER_KEY_PHYSICAL_COMPROMISE',
  'USER_KEY_REMOTE_COMPROMISE',
  'USER_VERIFICATION_BYPASS',
  'ATTESTATION_KEY_COMPROMISE',
]);
