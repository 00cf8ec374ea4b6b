import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { SallyportError } from './errors.ts';

/**
 * Seals secrets at rest: AES-256-GCM under a key derived from the installation's sealing key.
 * `context` is authenticated, so that a sealed value can't be moved to another row or account.
 * Format: `1.<nonce>.<ciphertext and tag>`, base64url.
 */
export interface Sealer {
  seal(plain: string, context: string): string;
  /** Throws ERR_SEAL if the key, the context or the value isn't the one sealed. */
  open(sealed: string, context: string): string;
}

const TAG = 16;

/** `key`: 32 bytes. */
export function createSealer(key: Uint8Array): Sealer {
  if (key.length !== 32) throw new SallyportError('ERR_SEAL', 'the sealing key must be 32 bytes');
  const derived = Buffer.from(hkdfSync('sha256', key, new Uint8Array(), 'sallyport seal 1', 32));
  return {
    seal(plain, context) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', derived, nonce).setAAD(Buffer.from(context));
      const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return `1.${nonce.toString('base64url')}.${body.toString('base64url')}`;
    },
    open(sealed, context) {
      const [version, nonce, body] = sealed.split('.');
      if (version !== '1' || !nonce || !body) throw new SallyportError('ERR_SEAL', 'not a sealed value');
      const bytes = Buffer.from(body, 'base64url');
      try {
        const decipher = createDecipheriv('aes-256-gcm', derived, Buffer.from(nonce, 'base64url'), {
          authTagLength: TAG,
        })
          .setAAD(Buffer.from(context))
          .setAuthTag(bytes.subarray(bytes.length - TAG));
        return decipher.update(bytes.subarray(0, bytes.length - TAG)).toString('utf8') + decipher.final('utf8');
      } catch (cause) {
        throw new SallyportError(
          'ERR_SEAL',
          `can't open the sealed value of ${context}: wrong sealing key, or altered data`,
          { cause },
        );
      }
    },
  };
}
