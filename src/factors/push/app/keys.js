/**
 * The keys of this device. Scripts can use them and can't read them: whoever copies what is stored copies no key.
 * Each account has a signing key of its own, so that two institutions can't tell that it is the same phone.
 */

import { toBase64url, utf8 } from './encoding.js';
import { settle, get as stored } from './store.js';

const EC = { name: 'ECDSA', namedCurve: 'P-256' };
const ES256 = { name: 'ECDSA', hash: 'SHA-256' };
const AES = { name: 'AES-GCM', length: 256 };

/** A new signing key, and its public half as the service takes it. */
export async function makeSigningKey() {
  const { privateKey, publicKey } = await crypto.subtle.generateKey(EC, false, ['sign', 'verify']);
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', publicKey);
  return { privateKey, jwk: { kty, crv, x, y } };
}

/** JSON whose members stand in order (RFC 8785): the service writes the same text of what it reads. */
function canonical(value) {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.keys(value).sort();
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`;
}

/** Signs all of what an issuer is told, for one purpose: it can't be used for another. Answers what is sent. */
export async function signed(key, purpose, issuer, fields) {
  const body = { v: 2, ...fields };
  const text = ['sallyport-push-2', purpose, issuer, canonical(body)].join('\n');
  return { ...body, signature: toBase64url(await crypto.subtle.sign(ES256, key, utf8(text))) };
}

/** The key that seals, made at the first call. */
async function sealingKey() {
  const key = await stored('settings', 'sealing');
  return key ?? settle('sealing', await crypto.subtle.generateKey(AES, false, ['encrypt', 'decrypt']));
}

/** Seals octets for a place: they can't be opened as another's. */
export async function seal(octets, place) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const using = { name: AES.name, iv, additionalData: utf8(place) };
  return { iv, data: await crypto.subtle.encrypt(using, await sealingKey(), octets) };
}

export async function unseal({ iv, data }, place) {
  const using = { name: AES.name, iv, additionalData: utf8(place) };
  return new Uint8Array(await crypto.subtle.decrypt(using, await sealingKey(), data));
}
