import type { X509Certificate } from 'node:crypto';
import { all, first, oid, only, TAG } from './der.ts';

export interface Extension {
  critical: boolean;
  /** Content of extnValue's OCTET STRING. */
  value: Uint8Array;
}

const BASIC_CONSTRAINTS = '2.5.29.19';

/** Extensions that may be critical: read here, or by the library that verifies the statement. */
const UNDERSTOOD: ReadonlySet<string> = new Set([
  BASIC_CONSTRAINTS,
  '2.5.29.15',
  '2.5.29.17',
  '2.5.29.32',
  '2.5.29.37',
]);

/** Signatures on certificates: SHA-1 and older ones can be forged. */
const SIGNATURES =
  /^(?:ecdsa-with-SHA(?:256|384|512)|sha(?:256|384|512)WithRSAEncryption|rsassaPss|RSASSA-PSS|ED25519|ED448)$/i;

/** Certificates of one chain; longer ones aren't looked at. */
export const LONGEST_CHAIN = 6;

/** The extensions of a certificate by OID (RFC 5280 section 4.2). Throws TypeError where one comes twice. */
export function extensionsOf(certificate: X509Certificate): ReadonlyMap<string, Extension> {
  const found = new Map<string, Extension>();
  const tbs = first(only(certificate.raw, TAG.sequence)).element.content;
  const wrapped = all(tbs).find(({ tag }) => tag === 0xa3);
  if (wrapped === undefined) return found;
  for (const { content } of all(only(wrapped.content, TAG.sequence))) {
    const parts = all(content);
    const [id, value] = [parts[0], parts.at(-1)];
    if (id?.tag !== TAG.oid || value?.tag !== TAG.octets || parts.length > 3) throw new TypeError('not an extension');
    const name = oid(id.content);
    if (found.has(name)) throw new TypeError(`extension ${name} comes twice`);
    found.set(name, { critical: parts.length === 3 && parts[1]?.content[0] !== 0, value: value.content });
  }
  return found;
}

/** Whether it may issue certificates, with `below` intermediates between it and the leaf. */
function mayIssue(certificate: X509Certificate, below: number): boolean {
  const value = certificate.ca ? extensionsOf(certificate).get(BASIC_CONSTRAINTS)?.value : undefined;
  if (value === undefined) return false;
  const limit = all(only(value, TAG.sequence)).find(({ tag }) => tag === TAG.integer);
  return limit === undefined || (limit.content.length === 1 && (limit.content[0] ?? 0) >= below);
}

function isValidAt(certificate: X509Certificate, now: number): boolean {
  return certificate.validFromDate.getTime() <= now && now <= certificate.validToDate.getTime();
}

function isSound(certificate: X509Certificate, now: number): boolean {
  if (!isValidAt(certificate, now) || !SIGNATURES.test(certificate.signatureAlgorithm ?? '')) return false;
  return [...extensionsOf(certificate)].every(([id, { critical }]) => !critical || UNDERSTOOD.has(id));
}

function issued(certificate: X509Certificate, issuer: X509Certificate, below: number): boolean {
  return certificate.checkIssued(issuer) && mayIssue(issuer, below) && certificate.verify(issuer.publicKey);
}

/** Name of a trust anchor: SHA-256 of the certificate, hex. */
export function fingerprint(certificate: X509Certificate): string {
  return certificate.fingerprint256.replaceAll(':', '').toLowerCase();
}

/**
 * Which of `anchors` a chain, leaf first, leads to (RFC 5280 section 6, without revocation lists): empty where
 * it leads nowhere, has a broken or expired link, or an extension that nobody here understands. A leaf that is
 * itself an anchor counts, as the FIDO metadata allows.
 */
export function anchorsOf(
  chain: readonly X509Certificate[],
  anchors: readonly X509Certificate[],
  now: number,
): string[] {
  if (chain.length === 0 || chain.length > LONGEST_CHAIN) return [];
  try {
    if (!chain.every((certificate) => isSound(certificate, now))) return [];
    const linked = chain.slice(1).every((issuer, at) => {
      const subject = chain[at];
      return subject !== undefined && issued(subject, issuer, at);
    });
    if (!linked) return [];
    const valid = anchors.filter((anchor) => isValidAt(anchor, now));
    const reached = valid.filter((anchor) =>
      chain.some((certificate, at) => certificate.raw.equals(anchor.raw) || issued(certificate, anchor, at)),
    );
    return reached.map(fingerprint);
  } catch (error) {
    // Certificates come from outside: what can't be read leads nowhere.
    if (error instanceof TypeError || error instanceof RangeError || isOpenSslError(error)) return [];
    throw error;
  }
}

function isOpenSslError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_OSSL');
}
