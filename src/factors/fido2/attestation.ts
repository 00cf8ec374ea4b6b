import { createHash, X509Certificate } from 'node:crypto';
import { anchorsOf, extensionsOf, LONGEST_CHAIN } from './certificates.ts';
import { all, only, TAG } from './der.ts';
import type { AttestationObject } from './library.ts';
import type { Attestation } from './schemas.ts';
import type { Trust } from './trust.ts';

/** Formats whose statements are believed, where their certificates lead to a trust anchor. */
const FORMATS: ReadonlySet<string> = new Set(['packed', 'fido-u2f', 'tpm', 'apple']);

/** id-fido-gen-ce-aaguid (WebAuthn section 8.2.1). */
const AAGUID = '1.3.6.1.4.1.45724.1.1.4';
/** Firmware version, of Yubico. */
const FIRMWARE = '1.3.6.1.4.1.41482.13.1';

/** What a statement's certificates say, before its signature is verified. */
export type Provenance =
  /** No certificates: none, self attestation. Nobody vouches for the model. */
  | { kind: 'none' }
  /** Certificates that lead to nobody who is trusted, or a format that isn't looked at. */
  | { kind: 'unknown' }
  /** Certified, but for another model. */
  | { kind: 'forged' }
  | { kind: 'certified'; attestation: Attestation };

/** Three bytes: major, minor, patch. Anything else is as good as none. */
export function firmwareOf(leaf: X509Certificate): string | undefined {
  const value = extensionsOf(leaf).get(FIRMWARE)?.value;
  if (value === undefined) return undefined;
  try {
    const version = only(value, TAG.octets);
    return version.length === 3 ? [...version].join('.') : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the leaf is for this model; batch certificates for several models don't say (WebAuthn section 8.2.1). */
function isForModel(leaf: X509Certificate, aaguid: string): boolean {
  const extension = extensionsOf(leaf).get(AAGUID);
  if (extension === undefined) return true;
  try {
    return Buffer.from(only(extension.value, TAG.octets)).toString('hex') === aaguid.replaceAll('-', '');
  } catch {
    return false;
  }
}

/** SHA-1 of the subject public key's bits: method 1 of RFC 5280 section 4.2.1.2, as the MDS has it. */
function keyIdentifierOf(leaf: X509Certificate): string {
  const spki = only(leaf.publicKey.export({ format: 'der', type: 'spki' }), TAG.sequence);
  // AlgorithmIdentifier, then a BIT STRING whose first byte counts unused bits.
  const [, bits] = all(spki);
  return createHash('sha1')
    .update(bits?.content.subarray(1) ?? '')
    .digest('hex');
}

function certificatesOf(x5c: readonly Uint8Array[]): X509Certificate[] | undefined {
  if (x5c.length > LONGEST_CHAIN) return undefined;
  try {
    return x5c.map((der) => new X509Certificate(der));
  } catch {
    return undefined;
  }
}

/**
 * Who vouches for the model: the chain is checked here, against the trust anchors of all profiles for this model.
 * The statement's signature is the library's to verify afterwards.
 */
export function provenanceOf(object: AttestationObject, trust: Trust, now: number): Provenance {
  const { format, aaguid, x5c } = object;
  if (x5c.length === 0) return { kind: 'none' };
  const chain = FORMATS.has(format) ? certificatesOf(x5c) : undefined;
  const leaf = chain?.[0];
  if (chain === undefined || leaf === undefined) return { kind: 'unknown' };
  try {
    // U2F knows no AAGUID: its statement is for none, while the certificate may be that of a FIDO2 model.
    if (format !== 'fido-u2f' && !isForModel(leaf, aaguid)) return { kind: 'forged' };
    const keyIdentifier = keyIdentifierOf(leaf);
    const anchors = anchorsOf(chain, trust.anchors({ aaguid, keyIdentifier }), now);
    if (anchors.length === 0) return { kind: 'unknown' };
    const firmware = firmwareOf(leaf);
    return {
      kind: 'certified',
      attestation: { format, anchors, keyIdentifier, ...(firmware === undefined ? {} : { firmware }) },
    };
  } catch {
    return { kind: 'unknown' };
  }
}
