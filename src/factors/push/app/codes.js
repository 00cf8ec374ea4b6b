/** Time-based codes (RFC 6238), for which no network is needed. */

import { fromBase32 } from './encoding.js';
import { seal, unseal } from './keys.js';

const HASHES = { SHA1: 'SHA-1', SHA256: 'SHA-256', SHA512: 'SHA-512' };

/** By account: the seed as a key of the browser's, so that it is unsealed once and read by nothing. */
const keys = new Map();

/** What is kept of the seed that the service gave. Throws where it couldn't be used. */
export async function sealSeed({ secret, digits, period, algorithm }, account) {
  if (!(algorithm in HASHES) || ![6, 7, 8].includes(digits) || !(period > 0)) throw new Error('codes of another kind');
  const octets = fromBase32(secret);
  const seed = await seal(octets, account);
  octets.fill(0);
  return { seed, digits, period, algorithm };
}

async function keyOf({ id, seed, algorithm }) {
  const octets = await unseal(seed, id);
  const key = await crypto.subtle.importKey('raw', octets, { name: 'HMAC', hash: HASHES[algorithm] }, false, ['sign']);
  octets.fill(0);
  return key;
}

/** The code of an account at a time, epoch milliseconds, and until when it is shown. */
export async function codeAt(account, time) {
  if (!keys.has(account.id)) keys.set(account.id, keyOf(account));
  const key = await keys.get(account.id);
  const span = account.period * 1000;
  const step = Math.floor(time / span);
  const counter = new DataView(new ArrayBuffer(8));
  counter.setBigUint64(0, BigInt(step));
  const mac = new DataView(await crypto.subtle.sign('HMAC', key, counter));
  const at = mac.getUint8(mac.byteLength - 1) & 0xf;
  const number = (mac.getUint32(at) & 0x7fffffff) % 10 ** account.digits;
  return { code: String(number).padStart(account.digits, '0'), ends: (step + 1) * span, span };
}

/** In groups, as it is read aloud. */
export function grouped(code) {
  const half = Math.ceil(code.length / 2);
  return `${code.slice(0, half)} ${code.slice(half)}`;
}
