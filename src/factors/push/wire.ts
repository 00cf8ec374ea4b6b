import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { z } from 'zod';
import { type Jwk, jwk, subscription } from './schemas.ts';

/**
 * The version of what is signed: the whole body, so that no field can be left out. In version 1 some fields stood in a
 * row; it is taken from phones that registered with it, in calls where those were all fields that there are.
 */
export const VERSION = 2;

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

const v = z.literal(VERSION);

export const register = z.object({
  v,
  token: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  key: jwk,
  subscription: subscription.nullable(),
  name: field(256),
  signature,
});
export const pending = z.object({ v: v.optional(), device: id, at, nonce, signature });
export const answer = z.object({
  v: v.optional(),
  device: id,
  request: id,
  decision: z.enum(['approve', 'cancel', 'not-me']),
  number: field(8),
  signature,
});
export const changed = z.object({ v, device: id, at, nonce, subscription: subscription.nullable(), signature });

/** The fields of version 1, in their order. */
const FORMER = { pending: ['device', 'at', 'nonce'], answer: ['device', 'request', 'decision', 'number'] } as const;

export type Json = string | number | null | undefined | { readonly [name: string]: Json };

/** JSON whose members stand in order (RFC 8785, of the few kinds of values that there are here). */
function canonical(value: Json): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  const sorted = members.sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${sorted.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`;
}

/**
 * The text that is signed of a call's body, without the signature. Who may be meant by it stands before it, so that
 * it is worth nothing elsewhere. Undefined where the call can't be made in the version that the body names.
 */
export function signedText(
  purpose: Purpose,
  issuer: string,
  body: { readonly [name: string]: Json },
): string | undefined {
  if (body.v === VERSION) return [`sallyport-push-${VERSION}`, purpose, issuer, canonical(body)].join('\n');
  if (purpose !== 'pending' && purpose !== 'answer') return undefined;
  return ['sallyport-push-1', purpose, issuer, ...FORMER[purpose].map((name) => String(body[name]))].join('\n');
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
export function isSigned(key: KeyObject, text: string | undefined, signature: string): boolean {
  const bytes = Buffer.from(signature, 'base64url');
  if (text === undefined || bytes.length !== 64) return false;
  return verify('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }, bytes);
}
