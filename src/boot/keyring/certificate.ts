import 'reflect-metadata';
import type { KeyObject } from 'node:crypto';
import { KeyUsageFlags, KeyUsagesExtension, Name, X509CertificateGenerator } from '@peculiar/x509';
import type { KeyAlgorithm } from '../../core/keyring.ts';

/** Parameters of Web Cryptography (section 18) for each kind of key. */
const WEB = {
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  ES256: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  PS256: { name: 'RSA-PSS', hash: 'SHA-256' },
  EdDSA: { name: 'Ed25519' },
} as const satisfies Record<KeyAlgorithm, object>;

const YEARS = 10;
/** Whoever receives it may have a clock that is behind ours. */
const SLACK = 3_600_000;

export interface CertificateWish {
  algorithm: KeyAlgorithm;
  privateKey: KeyObject;
  publicKey: KeyObject;
  commonName: string;
  encrypts?: true;
  /** Epoch milliseconds. */
  at: number;
  random(bytes: number): Uint8Array;
}

/**
 * A self-signed X.509 certificate (RFC 5280) for one of our keys: ten years, for signatures or for encryption only, no authority
 * over others. Answers base64 DER. It carries the key and vouches for nothing: trust comes with the metadata.
 */
export async function certificateFor(wish: CertificateWish): Promise<string> {
  const algorithm = WEB[wish.algorithm];
  const notAfter = new Date(wish.at);
  notAfter.setUTCFullYear(notAfter.getUTCFullYear() + YEARS);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(wish.random(16)),
    // As an object: in a plain string the library would read quotes and `#` as syntax.
    name: new Name([{ CN: [{ utf8String: wish.commonName }] }]),
    notBefore: new Date(wish.at - SLACK),
    notAfter,
    // Node's own type of a CryptoKey names more uses than the library's knows.
    keys: {
      privateKey: wish.privateKey.toCryptoKey(algorithm, false, ['sign']) as CryptoKey,
      publicKey: wish.publicKey.toCryptoKey(algorithm, true, ['verify']) as CryptoKey,
    },
    signingAlgorithm: algorithm,
    extensions: [
      new KeyUsagesExtension(wish.encrypts ? KeyUsageFlags.keyEncipherment : KeyUsageFlags.digitalSignature, true),
    ],
  });
  return Buffer.from(certificate.rawData).toString('base64');
}

/** Positive, and never with a leading zero octet (RFC 5280 section 4.1.2.2). */
function serial(bytes: Uint8Array): string {
  const own = Uint8Array.from(bytes);
  own[0] = ((own[0] ?? 0) & 0x3f) | 0x40;
  return Buffer.from(own).toString('hex');
}
