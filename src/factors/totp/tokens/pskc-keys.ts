import { createDecipheriv, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { TokenFault } from './fault.ts';
import { child, type Node, textAt } from './xml.ts';

/** What opens an encrypted file: the key that was agreed on with the maker, or a passphrase. */
export interface Secrets {
  key?: Uint8Array;
  passphrase?: string;
}

/** Opens one `EncryptedValue` whose MAC has been checked. Throws TokenFault where it can't be opened. */
export type Opener = (data: Node) => Buffer;

const XENC = 'http://www.w3.org/2001/04/xmlenc#';
const PBKDF2 = 'http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#pbkdf2';

/** Key lengths by algorithm, bytes (XML Encryption section 5.2). */
const CIPHERS: Readonly<Record<string, { name: string; key: number }>> = {
  [`${XENC}aes128-cbc`]: { name: 'aes-128-cbc', key: 16 },
  [`${XENC}aes192-cbc`]: { name: 'aes-192-cbc', key: 24 },
  [`${XENC}aes256-cbc`]: { name: 'aes-256-cbc', key: 32 },
};
const HASHES: Readonly<Record<string, string>> = {
  'http://www.w3.org/2000/09/xmldsig#hmac-sha1': 'sha1',
  'http://www.w3.org/2001/04/xmldsig-more#hmac-sha256': 'sha256',
  'http://www.w3.org/2001/04/xmldsig-more#hmac-sha512': 'sha512',
};
/** One file must not keep a processor for minutes. */
const MOST_ITERATIONS = 2_000_000;
const BLOCK = 16;

const derive = promisify(pbkdf2);

/**
 * What opens the secrets of a container; undefined where it says of no encryption.
 * Throws TokenFault where the key is missing, or of a kind that isn't supported (RFC 6030 section 6).
 */
export async function openerOf(container: Node, secrets: Secrets): Promise<Opener | undefined> {
  const encryption = child(container, 'EncryptionKey');
  if (encryption === undefined) return undefined;
  const key = await keyOf(encryption, secrets);
  const method = child(container, 'MACMethod');
  if (method === undefined) throw new TokenFault('encrypted without a MAC: what it holds could have been altered');
  const hash = lookUp(HASHES, method.attributes.Algorithm, 'MAC algorithm');
  // Without a key of its own the MAC uses the one of the encryption (RFC 6030 section 6.1.1).
  const wrapped = child(method, 'MACKey');
  const macKey = wrapped === undefined ? key : decrypt(wrapped, cipherValue(wrapped), key);
  return (data) => {
    const value = child(data, 'EncryptedValue');
    const mac = bytesOf(textAt(data, 'ValueMAC'), 'ValueMAC');
    if (value === undefined) throw new TokenFault('no EncryptedValue');
    const bytes = cipherValue(value);
    const expected = createHmac(hash, macKey).update(bytes).digest();
    // Before it is decrypted, so that padding tells nothing.
    if (mac.length !== expected.length || !timingSafeEqual(mac, expected)) {
      throw new TokenFault('its MAC doesn’t match: the key or passphrase is wrong, or the file was altered');
    }
    return decrypt(value, bytes, key);
  };
}

async function keyOf(encryption: Node, { key, passphrase }: Secrets): Promise<Uint8Array> {
  const derived = child(encryption, 'DerivedKey');
  if (derived !== undefined) {
    if (passphrase === undefined) throw new TokenFault('encrypted with a passphrase: give --passphrase-file');
    return await fromPassphrase(derived, passphrase);
  }
  if (child(encryption, 'KeyName') === undefined) {
    throw new TokenFault('encrypted to something other than a pre-shared key or a passphrase, which isn’t supported');
  }
  if (key === undefined) throw new TokenFault('encrypted with a pre-shared key: give --key-file');
  return key;
}

/** PBKDF2 with the file's own parameters (RFC 6030 section 6.2, PKCS #5). */
async function fromPassphrase(derived: Node, passphrase: string): Promise<Uint8Array> {
  const method = child(derived, 'KeyDerivationMethod');
  if (method?.attributes.Algorithm !== PBKDF2) throw new TokenFault('a key derivation other than PBKDF2');
  const parameters = child(method, 'PBKDF2-params');
  const salt = bytesOf(textAt(parameters, 'Salt', 'Specified'), 'Salt');
  const iterations = Number(textAt(parameters, 'IterationCount'));
  const length = Number(textAt(parameters, 'KeyLength') ?? 16);
  if (!Number.isInteger(iterations) || iterations < 1 || iterations > MOST_ITERATIONS) {
    throw new TokenFault(`IterationCount isn’t between 1 and ${MOST_ITERATIONS}`);
  }
  if (![16, 24, 32].includes(length)) throw new TokenFault('KeyLength isn’t 16, 24 or 32');
  const prf = child(parameters, 'PRF')?.attributes.Algorithm;
  const hash = prf === undefined ? 'sha1' : lookUp(HASHES, prf, 'PRF');
  return await derive(passphrase, salt, iterations, length, hash);
}

function cipherValue(encrypted: Node): Buffer {
  return bytesOf(textAt(encrypted, 'CipherData', 'CipherValue'), 'CipherValue');
}

/** The first block is the initialisation vector; the last byte says how many are padding (XML Encryption section 5.2). */
function decrypt(encrypted: Node, bytes: Buffer, key: Uint8Array): Buffer {
  const cipher = lookUp(CIPHERS, child(encrypted, 'EncryptionMethod')?.attributes.Algorithm, 'encryption algorithm');
  if (key.length !== cipher.key) throw new TokenFault(`the key must have ${cipher.key} bytes, and has ${key.length}`);
  if (bytes.length < 2 * BLOCK || bytes.length % BLOCK !== 0) throw new TokenFault('CipherValue has no whole blocks');
  const decipher = createDecipheriv(cipher.name, key, bytes.subarray(0, BLOCK)).setAutoPadding(false);
  const plain = Buffer.concat([decipher.update(bytes.subarray(BLOCK)), decipher.final()]);
  const padding = plain.at(-1) ?? 0;
  if (padding < 1 || padding > BLOCK) throw new TokenFault('the key or passphrase is wrong');
  return plain.subarray(0, plain.length - padding);
}

function lookUp<T>(table: Readonly<Record<string, T>>, name: string | undefined, what: string): T {
  const found = name !== undefined && Object.hasOwn(table, name) ? table[name] : undefined;
  if (found === undefined) throw new TokenFault(`unsupported ${what}: ${(name ?? 'none').slice(0, 100)}`);
  return found;
}

/** Base64 with white space, as files are folded. */
export function bytesOf(text: string | undefined, what: string): Buffer {
  const plain = text?.replace(/\s/g, '');
  if (!plain || !/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(plain)) {
    throw new TokenFault(`${what} isn’t base64`);
  }
  return Buffer.from(plain, 'base64');
}
