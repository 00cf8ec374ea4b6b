import { type KeyObject, verify, X509Certificate } from 'node:crypto';
import { SamlFault } from '../errors.ts';

const MORE = 'http://www.w3.org/2001/04/xmldsig-more#';

interface Algorithm {
  hash: string;
  key: 'rsa' | 'ec';
}

/**
 * What a signature may be made with (RFC 9231 section 2.3), by URI. Whatever isn't a row is refused:
 * SHA-1 and MD5, which collide; HMAC, whose key would be the public one; none.
 */
const SIGNATURES: ReadonlyMap<string, Algorithm> = new Map(
  (['sha256', 'sha384', 'sha512'] as const).flatMap((hash): [string, Algorithm][] => [
    [`${MORE}rsa-${hash}`, { hash, key: 'rsa' }],
    [`${MORE}ecdsa-${hash}`, { hash, key: 'ec' }],
  ]),
);

const DIGESTS: ReadonlyMap<string, string> = new Map([
  ['http://www.w3.org/2001/04/xmlenc#sha256', 'sha256'],
  [`${MORE}sha384`, 'sha384'],
  ['http://www.w3.org/2001/04/xmlenc#sha512', 'sha512'],
]);

/** Shorter RSA keys verify nothing (NIST SP 800-131A). */
const LEAST_MODULUS = 2048;

export function signatureAlgorithm(uri: string): Algorithm {
  const known = SIGNATURES.get(uri);
  if (!known) throw new SamlFault('algorithm', `signature algorithm ${uri}`);
  return known;
}

/** Name of the hash, for node:crypto. */
export function digestAlgorithm(uri: string): string {
  const known = DIGESTS.get(uri);
  if (!known) throw new SamlFault('algorithm', `digest algorithm ${uri}`);
  return known;
}

/**
 * Whether one of the keys made this signature. A key of another kind than the algorithm's is passed over,
 * so that a message can't choose how a key is used.
 *
 * `encodings`: how r and s of ECDSA are written. XML Signature says one after the other;
 * the redirect binding names no form, and OpenSAML writes DER there.
 */
export function verifies(
  octets: Uint8Array,
  value: Uint8Array,
  algorithm: Algorithm,
  keys: readonly KeyObject[],
  encodings: readonly ('ieee-p1363' | 'der')[] = ['ieee-p1363'],
): boolean {
  return keys
    .filter((key) => fits(key, algorithm))
    .some((key) =>
      key.asymmetricKeyType === 'rsa'
        ? verify(algorithm.hash, octets, key, value)
        : encodings.some((dsaEncoding) => verify(algorithm.hash, octets, { key, dsaEncoding }, value)),
    );
}

function fits(key: KeyObject, algorithm: Algorithm): boolean {
  const known = kinds.get(key) ?? kindOf(key);
  kinds.set(key, known);
  return known === algorithm.key;
}

/** Asked once of each key: its details are made anew at each call. */
const kinds = new WeakMap<KeyObject, Algorithm['key'] | 'none'>();

function kindOf({ type, asymmetricKeyType: kind, asymmetricKeyDetails }: KeyObject): Algorithm['key'] | 'none' {
  if (type !== 'public') return 'none';
  if (kind === 'rsa') return (asymmetricKeyDetails?.modulusLength ?? 0) >= LEAST_MODULUS ? 'rsa' : 'none';
  return kind === 'ec' ? 'ec' : 'none';
}

/** Certificates whose keys are kept: far more than the service providers that are active at one time. */
const KEPT = 2000;
const parsed = new Map<string, KeyObject>();

/**
 * Public keys of certificates (base64 DER), each parsed once. In metadata a certificate is a container
 * of its key and nothing else: neither its dates nor its issuer count (SAML metadata interoperability profile 2.6.1).
 * Throws `metadata` if one can't be read.
 */
export function publicKeys(certificates: readonly string[]): KeyObject[] {
  return certificates.map((certificate) => {
    const key = parsed.get(certificate) ?? parse(certificate);
    // Inserted again: the first of the map is the one least lately used.
    parsed.delete(certificate);
    parsed.set(certificate, key);
    if (parsed.size > KEPT) parsed.delete(parsed.keys().next().value ?? '');
    return key;
  });
}

function parse(certificate: string): KeyObject {
  try {
    return new X509Certificate(Buffer.from(certificate, 'base64')).publicKey;
  } catch (cause) {
    throw new SamlFault('metadata', 'a certificate of its metadata could not be read', { cause });
  }
}
