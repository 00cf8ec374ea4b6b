import {
  createDecipheriv,
  createECDH,
  createPublicKey,
  type ECDH,
  hkdfSync,
  verify as verifySignature,
} from 'node:crypto';

/** What a browser keeps of its subscription: the halves of RFC 8291, section 2, that it doesn't hand out. */
export interface ReceiverKeys {
  ecdh: ECDH;
  /** 16 bytes. */
  auth: Buffer;
}

/** The keys of a receiver, from the private one where it is known (base64url, as in the RFC). */
export function receiverKeys(auth: Buffer, privateKey?: Buffer): ReceiverKeys {
  const ecdh = createECDH('prime256v1');
  if (privateKey === undefined) ecdh.generateKeys();
  else ecdh.setPrivateKey(privateKey);
  return { ecdh, auth };
}

/**
 * Opens a message of RFC 8291: one record of `aes128gcm` (RFC 8188), whose key id is the sender's public key.
 * Throws on anything that isn't exactly that.
 */
export function decrypt(body: Buffer, { ecdh, auth }: ReceiverKeys): Buffer {
  if (body.length < 21) throw new Error('no header (RFC 8188, 2.1)');
  const salt = body.subarray(0, 16);
  const recordSize = body.readUInt32BE(16);
  const sender = body.subarray(21, 21 + body.readUInt8(20));
  const record = body.subarray(21 + sender.length);
  if (sender.length !== 65 || sender[0] !== 4) throw new Error('the key id is no uncompressed point (RFC 8291, 4)');
  if (recordSize < 18 || record.length > recordSize) throw new Error('more than one record (RFC 8291, 4)');
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), ecdh.getPublicKey(), sender]);
  const ikm = derive(ecdh.computeSecret(sender), auth, info, 32);
  const key = derive(ikm, salt, Buffer.from('Content-Encoding: aes128gcm\0'), 16);
  const nonce = derive(ikm, salt, Buffer.from('Content-Encoding: nonce\0'), 12);
  const decipher = createDecipheriv('aes-128-gcm', key, nonce);
  decipher.setAuthTag(record.subarray(-16));
  const padded = Buffer.concat([decipher.update(record.subarray(0, -16)), decipher.final()]);
  const end = padded.findLastIndex((byte) => byte !== 0);
  if (padded[end] !== 2) throw new Error('the last record has no delimiter 2 (RFC 8188, 2)');
  return padded.subarray(0, end);
}

function derive(secret: Buffer, salt: Buffer, info: Buffer, length: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, info, length));
}

/** What an application server said of itself (RFC 8292). */
export interface Vapid {
  /** Its public key, base64url, uncompressed. */
  key: string;
  claims: { aud: string; exp: number; sub?: string };
}

const DAY = 86_400;

/** Checks `Authorization: vapid t=…, k=…` (RFC 8292, 2 and 3). `now`: epoch milliseconds. Throws where it doesn't hold. */
export function vapidOf(authorization: string | undefined, audience: string, now: number): Vapid {
  const [, parameters = ''] = /^vapid (.+)$/i.exec(authorization ?? '') ?? [];
  const fields = new Map(parameters.split(/,\s*/).map((field) => [field.slice(0, 1), field.slice(2)]));
  const token = fields.get('t')?.split('.') ?? [];
  const key = fields.get('k') ?? '';
  const [header, payload, signature] = token;
  if (token.length !== 3 || !header || !payload || !signature) throw new Error('no token');
  if (read(header).alg !== 'ES256') throw new Error('not ES256');
  const signed = Buffer.from(`${header}.${payload}`);
  const publicKey = { key: publicKeyOf(key), dsaEncoding: 'ieee-p1363' } as const;
  if (!verifySignature('sha256', signed, publicKey, Buffer.from(signature, 'base64url'))) throw new Error('signature');
  const { aud, exp, sub } = read(payload);
  if (aud !== audience) throw new Error(`aud is ${aud}`);
  if (typeof exp !== 'number' || exp * 1000 <= now || exp * 1000 > now + DAY * 1000) throw new Error(`exp is ${exp}`);
  if (typeof sub !== 'string') return { key, claims: { aud, exp } };
  if (!/^(?:mailto:|https:)/.test(sub)) throw new Error(`sub is ${sub}`);
  return { key, claims: { aud, exp, sub } };
}

function read(part: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
}

function publicKeyOf(key: string) {
  const point = Buffer.from(key, 'base64url');
  if (point.length !== 65 || point[0] !== 4) throw new Error('the key is no uncompressed point');
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((half) => half.toString('base64url'));
  return createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' });
}
