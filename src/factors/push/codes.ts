import { createHmac, timingSafeEqual } from 'node:crypto';

/** What the app shows without a network: RFC 6238 with SHA-1, six digits, half a minute. */
export const CODES = { digits: 6, period: 30, algorithm: 'SHA1' } as const;

const BYTES = 20;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
/** Steps before and after the present one (RFC 6238 section 5.2). */
const REACH = 1;

/** A new secret, base32 without padding: 20 bytes are 32 characters. */
export function newSecret(random: (bytes: number) => Uint8Array): string {
  let bits = '';
  for (const byte of random(BYTES)) bits += byte.toString(2).padStart(8, '0');
  return (bits.match(/.{5}/g) ?? []).map((five) => ALPHABET[Number.parseInt(five, 2)]).join('');
}

function bytesOf(secret: string): Buffer {
  const bits = [...secret].map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, '0')).join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((eight) => Number.parseInt(eight, 2)));
}

/** The code of one step (RFC 4226 section 5.3). */
export function codeOf(secret: string, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', bytesOf(secret)).update(counter).digest();
  const offset = (mac.at(-1) ?? 0) & 0xf;
  return String((mac.readUInt32BE(offset) & 0x7fff_ffff) % 10 ** CODES.digits).padStart(CODES.digits, '0');
}

export function stepAt(now: number): number {
  return Math.floor(now / 1000 / CODES.period);
}

/** The step within reach whose code this is; all are computed and compared, whichever it is. */
export function findStep(secret: string, code: string, now: number): number | undefined {
  let found: number | undefined;
  const given = Buffer.from(code);
  for (let step = stepAt(now) - REACH; step <= stepAt(now) + REACH; step += 1) {
    const expected = Buffer.from(codeOf(secret, step));
    if (given.length === expected.length && timingSafeEqual(given, expected)) found = step;
  }
  return found;
}
