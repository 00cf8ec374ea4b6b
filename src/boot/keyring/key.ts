import { createPrivateKey, createPublicKey, generateKeyPair, randomUUID, type webcrypto } from 'node:crypto';
import { promisify } from 'node:util';
import type { KeyAlgorithm, KeyringOptions, SigningKey } from '../../core/keyring.ts';
import type { Sealer } from '../../core/seal.ts';
import type { StoredKey } from '../../core/store.ts';
import type { CertificateWish } from './certificate.ts';

const generate = promisify(generateKeyPair);

/** RFC 7518 sections 3.3 to 3.5, RFC 8037 section 3.1. */
const PAIRS = {
  RS256: () => generate('rsa', { modulusLength: 2048 }),
  ES256: () => generate('ec', { namedCurve: 'P-256' }),
  PS256: () => generate('rsa', { modulusLength: 2048 }),
  EdDSA: () => generate('ed25519'),
} as const satisfies Record<KeyAlgorithm, unknown>;

type JsonWebKey = webcrypto.JsonWebKey;

/** What is sealed: a private JWK, with the certificate where there is one. Early ones are a JWK alone. */
type Content = JsonWebKey | { jwk: JsonWebKey; certificate?: string };

/** What a private key is sealed under. */
export const keyContext = (id: string): string => `key:${id}`;

export interface KeyWish {
  purpose: string;
  algorithm: KeyAlgorithm;
  certificate: KeyringOptions['certificate'];
  createdAt: number;
  activeFrom: number;
}

export interface KeyTools {
  sealer: Sealer;
  random(bytes: number): Uint8Array;
}

/** What writes certificates is large, and there is one to write when a key is made: hardly ever. */
async function certified(wish: CertificateWish): Promise<string> {
  const { certificateFor } = await import('./certificate.ts');
  return await certificateFor(wish);
}

/** A new key, sealed, not stored yet. */
export async function makeKey(wish: KeyWish, { sealer, random }: KeyTools): Promise<StoredKey> {
  const { purpose, algorithm, createdAt, activeFrom } = wish;
  const { privateKey, publicKey } = await PAIRS[algorithm]();
  const pair = { algorithm, privateKey, publicKey };
  const certificate = wish.certificate && (await certified({ ...pair, ...wish.certificate, at: createdAt, random }));
  const content: Content = { jwk: privateKey.export({ format: 'jwk' }), ...(certificate ? { certificate } : {}) };
  const id = randomUUID();
  const sealed = sealer.seal(JSON.stringify(content), keyContext(id));
  return { id, purpose, algorithm, sealed, createdAt, activeFrom };
}

/**
 * Opens and parses a stored key.
 *
 * @throws SallyportError ERR_SEAL if it wasn't sealed with this installation's sealing key
 */
export function openKey({ id, sealed, activeFrom }: StoredKey, algorithm: KeyAlgorithm, sealer: Sealer): SigningKey {
  const content: Content = JSON.parse(sealer.open(sealed, keyContext(id)));
  const { jwk, certificate } = isWrapped(content) ? content : { jwk: content };
  const privateKey = createPrivateKey({ key: jwk, format: 'jwk' });
  const publicKey = createPublicKey(privateKey);
  return { id, algorithm, privateKey, publicKey, activeFrom, ...(certificate ? { certificate } : {}) };
}

function isWrapped(content: Content): content is { jwk: JsonWebKey; certificate?: string } {
  return 'jwk' in content;
}
