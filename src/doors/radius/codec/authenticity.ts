import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { CODE, TYPE } from './numbers.ts';
import { type Attribute, encode, type Packet } from './packet.ts';

/** Octets of every authenticator, and of a block of a hidden password. */
const BLOCK = 16;
/** Octets of the longest password (RFC 2865 section 5.2). */
const LONGEST_PASSWORD = 128;
const ZEROS = Buffer.alloc(BLOCK);

/** Requests whose authenticator is computed of themselves, and zeros meanwhile (RFC 2866 section 3, RFC 5176 section 2.3). */
const COMPUTED: ReadonlySet<number> = new Set([CODE.accountingRequest, CODE.disconnectRequest]);

const md5 = (...parts: readonly Buffer[]): Buffer => {
  const hash = createHash('md5');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

const same = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b);

/** Throws where this Node's cryptography has no MD5, as under FIPS rules: without it there is no RADIUS. */
export function requireMd5(): void {
  md5(ZEROS);
}

/** What a packet's Message-Authenticator says of it: `wrong` also where it has the wrong length, or there are two. */
export type Integrity = 'absent' | 'right' | 'wrong';

/**
 * Message-Authenticator: HMAC-MD5 by the secret over the packet with the authenticator of the request, and zeros in its
 * own place (RFC 2869 section 5.14, RFC 3579 section 3.2). It may stand anywhere in what comes.
 *
 * @param authenticator of the request that a reply answers; a request's is its own
 */
export function integrityOf(packet: Packet, secret: string, authenticator = ownOf(packet)): Integrity {
  const found = packet.attributes.filter(({ type }) => type === TYPE.messageAuthenticator);
  const [only, ...others] = found;
  if (only === undefined) return 'absent';
  if (others.length > 0 || only.value.length !== BLOCK) return 'wrong';
  const octets = Buffer.from(packet.octets);
  authenticator.copy(octets, 4);
  const at = only.value.byteOffset - packet.octets.byteOffset;
  octets.fill(0, at, at + BLOCK);
  return same(createHmac('md5', secret).update(octets).digest(), only.value) ? 'right' : 'wrong';
}

const ownOf = ({ code, authenticator }: Packet): Buffer => (COMPUTED.has(code) ? ZEROS : authenticator);

/** Whether a request's own authenticator is the one that the secret makes of it (RFC 2866 section 3). */
export function isComputed(packet: Packet, secret: string): boolean {
  return same(authenticatorOf(packet.octets, ZEROS, secret), packet.authenticator);
}

/** Whether a packet answers this request: its Response Authenticator (RFC 2865 section 3). */
export function answers(reply: Packet, request: Pick<Packet, 'identifier' | 'authenticator'>, secret: string): boolean {
  if (reply.identifier !== request.identifier) return false;
  return same(authenticatorOf(reply.octets, request.authenticator, secret), reply.authenticator);
}

function authenticatorOf(octets: Buffer, authenticator: Buffer, secret: string): Buffer {
  return md5(octets.subarray(0, 4), authenticator, octets.subarray(20), Buffer.from(secret));
}

/**
 * The octets of a reply. Its Message-Authenticator comes first, whatever the request had: nobody can then put octets of
 * their choice before it (RFC 9765 and draft-ietf-radext-deprecating-radius, against "Blast-RADIUS"). That of an
 * Accounting-Response is left out: its clients look at the Response Authenticator alone.
 */
export function reply(
  code: number,
  request: Pick<Packet, 'identifier' | 'authenticator'>,
  attributes: readonly Attribute[],
  secret: string,
): Buffer {
  const { identifier, authenticator } = request;
  const guarded = code !== CODE.accountingResponse;
  const first: Attribute[] = guarded ? [{ type: TYPE.messageAuthenticator, value: ZEROS }] : [];
  const octets = encode({ code, identifier, authenticator }, [...first, ...attributes]);
  if (guarded) createHmac('md5', secret).update(octets).digest().copy(octets, 22);
  authenticatorOf(octets, authenticator, secret).copy(octets, 4);
  return octets;
}

/** The octets of a request whose authenticator is computed of itself; Message-Authenticator first. */
export function computedRequest(
  code: number,
  identifier: number,
  attributes: readonly Attribute[],
  secret: string,
): Buffer {
  const octets = encode({ code, identifier }, [{ type: TYPE.messageAuthenticator, value: ZEROS }, ...attributes]);
  createHmac('md5', secret).update(octets).digest().copy(octets, 22);
  authenticatorOf(octets, ZEROS, secret).copy(octets, 4);
  return octets;
}

/** The octets of an Access-Request or Status-Server with this random authenticator; Message-Authenticator first. */
export function randomRequest(
  code: number,
  { identifier, authenticator }: Pick<Packet, 'identifier' | 'authenticator'>,
  attributes: readonly Attribute[],
  secret: string,
): Buffer {
  const first: Attribute = { type: TYPE.messageAuthenticator, value: ZEROS };
  const octets = encode({ code, identifier, authenticator }, [first, ...attributes]);
  createHmac('md5', secret).update(octets).digest().copy(octets, 22);
  return octets;
}

/** The hidden octets of a User-Password (RFC 2865 section 5.2). */
export function hidePassword(password: Buffer, authenticator: Buffer, secret: string): Buffer {
  const length = Math.max(BLOCK, Math.ceil(password.length / BLOCK) * BLOCK);
  const hidden = Buffer.alloc(length);
  password.copy(hidden);
  let before = authenticator;
  for (let at = 0; at < length; at += BLOCK) {
    const block = hidden.subarray(at, at + BLOCK);
    mask(block, md5(Buffer.from(secret), before));
    before = block;
  }
  return hidden;
}

/** What a User-Password hides, without the NULs at its end; undefined where it has a length that none can have. */
export function revealPassword(hidden: Buffer, authenticator: Buffer, secret: string): Buffer | undefined {
  const { length } = hidden;
  if (length < BLOCK || length > LONGEST_PASSWORD || length % BLOCK !== 0) return undefined;
  const revealed = Buffer.from(hidden);
  let before = authenticator;
  for (let at = 0; at < length; at += BLOCK) {
    mask(revealed.subarray(at, at + BLOCK), md5(Buffer.from(secret), before));
    before = hidden.subarray(at, at + BLOCK);
  }
  let end = length;
  while (end > 0 && revealed[end - 1] === 0) end -= 1;
  return revealed.subarray(0, end);
}

function mask(block: Buffer, by: Buffer): void {
  for (let at = 0; at < BLOCK; at += 1) block[at] = (block[at] ?? 0) ^ (by[at] ?? 0);
}
