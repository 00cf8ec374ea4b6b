import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { z } from 'zod';
import { type Jwk, jwk, subscription } from './schemas.ts';

/** What a device signs begins with this: nothing that it signs elsewhere can be taken for it. */
const DOMAIN = 'sallyport-push-1';

export type Purpose = 'register' | 'pending' | 'answer' | 'subscription';

/** One line of what is signed: with a line break in it, one text could be read as two sets of fields. */
const field = (most: number) =>
  z
    .string()
    .max(most)
    .regex(/^[^\r\n\u2028\u2029]*$/);
const id = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);
const signature = z.string().regex(/^[A-Za-z0-9_-]{86}$/);
const at = z.int().min(0);
const nonce = z.string().regex(/^[A-Za-z0-9_-]{22}$/);

export const register = z.object({
  token: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  key: jwk,
  subscription: subscription.nullable(),
  name: field(256),
  signature,
});
export const pending = z.object({ device: id, at, nonce, signature });
export const answer = z.object({
  device: id,
  request: id,
  decision: z.enum(['approve', 'cancel', 'not-me']),
  number: field(8),
  signature,
});
export const changed = z.object({ device: id, at, nonce, subscription: subscription.nullable(), signature });

/** JWK thumbprint (RFC 7638 section 3.2), base64url. */
export function thumbprint({ crv, kty, x, y }: Jwk): string {
  return createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
}

/** The text that is signed: who may be meant by it stands in it, so that it is worth nothing elsewhere. */
export function signedText(purpose: Purpose, issuer: string, fields: readonly string[]): string {
  return [DOMAIN, purpose, issuer, ...fields].join('\n');
}

/** Undefined for a point that isn't on the curve. */
export function publicKey(key: Jwk): KeyObject | undefined {
  try {
    return createPublicKey({ key, format: 'jwk' });
  } catch {
    return undefined;
  }
}

/** ES256 (RFC 7518 section 3.4): ECDSA with P-256 and SHA-256, the signature as 64 bytes. */
export function isSigned(key: KeyObject, text: string, signature: string): boolean {
  const bytes = Buffer.from(signature, 'base64url');
  if (bytes.length !== 64) return false;
  return verify('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }, bytes);
}
