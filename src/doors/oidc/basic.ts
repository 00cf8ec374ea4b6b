import { timingSafeEqual } from 'node:crypto';
import { hashOf } from './adapter.ts';

/**
 * Whether an `Authorization: Basic` header carries this very secret as it stands, though it would have to be
 * encoded as a form is (RFC 6749 section 2.3.1): the commonest reason why a right secret is refused.
 */
export function isUnencoded(header: string | undefined, secret: string | undefined): boolean {
  const [, base64 = ''] = /^basic ([A-Za-z0-9+/]+=*)$/i.exec(header ?? '') ?? [];
  const text = Buffer.from(base64, 'base64').toString('utf8');
  const at = text.indexOf(':');
  if (at < 0 || !secret || encodeURIComponent(secret) === secret) return false;
  // Hashes have one length: how much of a guess is right can't be timed.
  return timingSafeEqual(Buffer.from(hashOf(text.slice(at + 1))), Buffer.from(hashOf(secret)));
}
