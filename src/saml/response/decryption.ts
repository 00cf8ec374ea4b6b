import { constants, createDecipheriv, type KeyObject, privateDecrypt } from 'node:crypto';
import { SamlFault } from '../errors.ts';
import { decodeBase64 } from '../xml/base64.ts';
import { type Element, NS } from '../xml/library.ts';

const ENC11 = 'http://www.w3.org/2009/xmlenc11#';

interface DataCipher {
  cipher: 'aes-128-gcm' | 'aes-256-gcm' | 'aes-128-cbc' | 'aes-256-cbc';
  bytes: 16 | 32;
  authentic: boolean;
}

/** Whatever isn't a row is refused: Triple DES, and what nobody sends. */
const DATA: ReadonlyMap<string, DataCipher> = new Map([
  [`${ENC11}aes256-gcm`, { cipher: 'aes-256-gcm', bytes: 32, authentic: true }],
  [`${ENC11}aes128-gcm`, { cipher: 'aes-128-gcm', bytes: 16, authentic: true }],
  [`${NS.xenc}aes256-cbc`, { cipher: 'aes-256-cbc', bytes: 32, authentic: false }],
  [`${NS.xenc}aes128-cbc`, { cipher: 'aes-128-cbc', bytes: 16, authentic: false }],
]);

/** RSA-OAEP alone: PKCS #1 v1.5 tells whoever tries often enough what a message says (xmlenc-core1 section 5.5.1). */
const OAEP: ReadonlySet<string> = new Set([`${NS.xenc}rsa-oaep-mgf1p`, `${ENC11}rsa-oaep`]);

const DIGESTS: ReadonlyMap<string, string> = new Map([
  [`${NS.ds}sha1`, 'sha1'],
  [`${NS.xenc}sha256`, 'sha256'],
  ['http://www.w3.org/2001/04/xmldsig-more#sha384', 'sha384'],
  [`${NS.xenc}sha512`, 'sha512'],
]);
const MASKS: ReadonlyMap<string, string> = new Map(
  ['sha1', 'sha256', 'sha384', 'sha512'].map((hash) => [`${ENC11}mgf1${hash}`, hash]),
);

/** Keys that one assertion may be encrypted for: each costs an RSA operation for each key of ours. */
const MOST_KEYS = 4;

/**
 * The text of an EncryptedAssertion (saml-core section 2.3.4), believed no more than before. `unauthentic`: AES-CBC
 * may be read, for the cipher text itself was signed by whom it is from.
 * Throws `encryption` or `algorithm`; which of the keys failed, and how, it doesn't say.
 */
export function decryptedAssertion(element: Element, keys: readonly KeyObject[], unauthentic: boolean): Buffer {
  const data = element.child(NS.xenc, 'EncryptedData');
  if (!data) throw refused('no EncryptedData');
  if ((data.attribute('Type') ?? `${NS.xenc}Element`) !== `${NS.xenc}Element`) throw refused('not of an element');
  const method = DATA.get(algorithmOf(data));
  if (!method) throw new SamlFault('algorithm', `encrypted with ${algorithmOf(data).slice(0, 200) || 'nothing named'}`);
  if (!method.authentic && !unauthentic)
    throw new SamlFault(
      'algorithm',
      `${method.cipher} where it isn't allowed, or not under a signature of the Response`,
    );
  const key = dataKey(wrappedKeys(element, data), keys, method.bytes);
  try {
    return opened(method, key, cipherValue(data));
  } catch (cause) {
    if (cause instanceof SamlFault) throw cause;
    throw refused('what it holds can’t be decrypted');
  }
}

/** They stand in the data's KeyInfo, or beside the data (saml-core section 2.2.4). */
function wrappedKeys(element: Element, data: Element): Element[] {
  const inside = data.children(NS.ds, 'KeyInfo').flatMap((info) => info.children(NS.xenc, 'EncryptedKey'));
  const wrapped = [...inside, ...element.children(NS.xenc, 'EncryptedKey')];
  if (wrapped.length > MOST_KEYS) throw refused(`${wrapped.length} EncryptedKeys, ${MOST_KEYS} allowed`);
  return wrapped;
}

function dataKey(wrapped: readonly Element[], keys: readonly KeyObject[], bytes: number): Buffer {
  if (keys.length === 0) throw refused('there is no key of ours to decrypt with');
  for (const it of wrapped) {
    const oaepHash = oaepHashOf(it);
    const value = cipherValue(it);
    for (const key of keys) {
      const found = unwrapped(key, oaepHash, value);
      if (found?.length === bytes) return found;
    }
  }
  throw refused('for none of our keys');
}

function unwrapped(key: KeyObject, oaepHash: string, value: Buffer): Buffer | undefined {
  try {
    return privateDecrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, value);
  } catch {
    return undefined;
  }
}

/** Digest and mask with the same hash: OpenSSL's own default, and what products send. Without a word both are SHA-1. */
function oaepHashOf(wrapped: Element): string {
  const algorithm = algorithmOf(wrapped);
  const method = wrapped.child(NS.xenc, 'EncryptionMethod');
  if (!method || !OAEP.has(algorithm))
    throw new SamlFault('algorithm', `a key wrapped with ${algorithm.slice(0, 200)}`);
  if (method.child(NS.xenc, 'OAEPparams')) throw new SamlFault('algorithm', 'OAEP with parameters');
  const digest = DIGESTS.get(method.child(NS.ds, 'DigestMethod')?.attribute('Algorithm') ?? `${NS.ds}sha1`);
  const mask = MASKS.get(method.child(ENC11, 'MGF')?.attribute('Algorithm') ?? `${ENC11}mgf1sha1`);
  if (digest === undefined || digest !== mask)
    throw new SamlFault('algorithm', 'OAEP with a digest and a mask that aren’t of one hash');
  return digest;
}

/** Nonce or vector first; at the end the tag, or what fills the last block (xmlenc-core1 sections 5.2.2 to 5.2.4). */
function opened({ cipher, authentic }: DataCipher, key: Buffer, value: Buffer): Buffer {
  if (cipher === 'aes-128-gcm' || cipher === 'aes-256-gcm') {
    const decipher = createDecipheriv(cipher, key, value.subarray(0, 12), { authTagLength: 16 });
    decipher.setAuthTag(value.subarray(-16));
    return Buffer.concat([decipher.update(value.subarray(12, -16)), decipher.final()]);
  }
  if (authentic) throw new TypeError(`${cipher} isn't authentic`);
  const decipher = createDecipheriv(cipher, key, value.subarray(0, 16)).setAutoPadding(false);
  const padded = Buffer.concat([decipher.update(value.subarray(16)), decipher.final()]);
  const filled = padded.at(-1) ?? 0;
  if (filled < 1 || filled > 16 || filled > padded.length) throw refused('what it holds can’t be decrypted');
  return padded.subarray(0, padded.length - filled);
}

function algorithmOf(encrypted: Element): string {
  return encrypted.child(NS.xenc, 'EncryptionMethod')?.attribute('Algorithm') ?? '';
}

/** A CipherReference would have us fetch it. */
function cipherValue(encrypted: Element): Buffer {
  const value = encrypted.child(NS.xenc, 'CipherData')?.child(NS.xenc, 'CipherValue');
  if (!value) throw refused('no CipherValue');
  return decodeBase64(value.text, 'xml');
}

const refused = (detail: string): SamlFault => new SamlFault('encryption', detail);
