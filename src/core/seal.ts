import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto';
import { SallyportError } from './errors.ts';

/**
 * Seals secrets at rest. `context` is authenticated, so that a sealed value can't be moved to another row or account.
 *
 * Format: `2.<id of the key>.<salt>.<ciphertext and tag>`, base64url: AES-256-GCM under a key and a nonce that HKDF
 * (RFC 5869) makes of the sealing key and 24 random bytes, so that no number of values wears the sealing key out.
 * Values of the earlier format, `1.<nonce>.<ciphertext and tag>` under one key for all, are still opened.
 */
export interface Sealer {
  seal(plain: string, context: string): string;
  /** Throws ERR_SEAL if the key, the context or the value isn't the one sealed. */
  open(sealed: string, context: string): string;
}

/** Sealer of an installation, which knows its keys by their ids. */
export interface KeyedSealer extends Sealer {
  /** Id of the key that seals. */
  readonly current: string;
  /** Ids of those that only open. */
  readonly previous: readonly string[];
  /** Whether it was sealed by the current key in the present format. */
  isCurrent(sealed: string): boolean;
}

const TAG = 16;
const NONCE = 12;
const SALT = 24;

const SEALED = /(?<![\w.-])(?:1\.[\w-]{16}|2\.[\w-]{8}\.[\w-]{32})\.[\w-]{22,}(?![\w.-])/g;

/** The text with what `change` makes of each sealed value in it, of either format: it may be one, or a document with some. */
export function mapSealed(text: string, change: (sealed: string) => string): string {
  return text.replaceAll(SEALED, (sealed) => change(sealed));
}

export const sealedIn = (text: string): string[] => text.match(SEALED) ?? [];

interface Key {
  id: string;
  secret: KeyObject;
  /** What seals by the earlier format. */
  first: Buffer;
}

/** `current` seals and opens, `previous` only open; each has 32 bytes. */
export function createSealer(current: Uint8Array, previous: readonly Uint8Array[] = []): KeyedSealer {
  const sealing = keyOf(current);
  const keys = new Map([sealing, ...previous.map(keyOf)].map((key) => [key.id, key]));
  const others = [...keys.keys()].slice(1);
  const known = others.length === 0 ? sealing.id : `${sealing.id}, or before it ${others.join(', ')}`;

  function opened(sealed: string, context: string): string {
    const [version, ...parts] = sealed.split('.');
    const body = Buffer.from(parts.at(-1) ?? '', 'base64url');
    if (version === '2' && parts.length === 3) {
      const [id = '', salt = ''] = parts;
      const key = keys.get(id);
      if (key === undefined)
        throw unopened(context, `it was sealed with the key ${id}, and the sealing key is ${known}`);
      const { subkey, nonce } = derived(key.secret, Buffer.from(salt, 'base64url'));
      return decrypted(subkey, nonce, body, context);
    }
    if (version !== '1' || parts.length !== 2) throw new SallyportError('ERR_SEAL', 'not a sealed value');
    return firstThatOpens(Buffer.from(parts[0] ?? '', 'base64url'), body, context);
  }

  /** The earlier format doesn't name its key. */
  function firstThatOpens(nonce: Buffer, body: Buffer, context: string): string {
    let reason: unknown;
    for (const { first } of keys.values()) {
      try {
        return decrypted(first, nonce, body, context);
      } catch (error) {
        reason = error;
      }
    }
    throw unopened(context, `it wasn't sealed with the sealing key, ${known}, or was altered`, reason);
  }

  return {
    current: sealing.id,
    previous: others,
    isCurrent: (sealed) => sealed.startsWith(`2.${sealing.id}.`),
    seal(plain, context) {
      const salt = randomBytes(SALT);
      const { subkey, nonce } = derived(sealing.secret, salt);
      const cipher = createCipheriv('aes-256-gcm', subkey, nonce).setAAD(Buffer.from(context));
      const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return `2.${sealing.id}.${salt.toString('base64url')}.${body.toString('base64url')}`;
    },
    open(sealed, context) {
      try {
        return opened(sealed, context);
      } catch (cause) {
        if (cause instanceof SallyportError) throw cause;
        throw unopened(context, 'it was altered, or belongs elsewhere', cause);
      }
    },
  };
}

/** Name of a sealing key: derived from it, tells nothing about it, and stands with each value that it sealed. */
export function sealingKeyId(key: Uint8Array): string {
  return Buffer.from(hkdfSync('sha256', key, new Uint8Array(), 'sallyport seal id', 6)).toString('base64url');
}

function keyOf(key: Uint8Array): Key {
  if (key.length !== 32) throw new SallyportError('ERR_SEAL', 'the sealing key must be 32 bytes');
  const first = Buffer.from(hkdfSync('sha256', key, new Uint8Array(), 'sallyport seal 1', 32));
  return { id: sealingKeyId(key), secret: createSecretKey(key), first };
}

function derived(secret: KeyObject, salt: Uint8Array): { subkey: Buffer; nonce: Buffer } {
  const bytes = Buffer.from(hkdfSync('sha256', secret, salt, 'sallyport seal 2', 32 + NONCE));
  return { subkey: bytes.subarray(0, 32), nonce: bytes.subarray(32) };
}

function decrypted(key: Uint8Array, nonce: Uint8Array, body: Buffer, context: string): string {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG })
    .setAAD(Buffer.from(context))
    .setAuthTag(body.subarray(body.length - TAG));
  return decipher.update(body.subarray(0, body.length - TAG)).toString('utf8') + decipher.final('utf8');
}

function unopened(context: string, reason: string, cause?: unknown): SallyportError {
  return new SallyportError('ERR_SEAL', `can't open the sealed value of ${context}: ${reason}`, { cause });
}
