import { hkdfSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { SallyportError } from '../../core/errors.ts';
import { createSealer, type KeyedSealer, sealingKeyId } from '../../core/seal.ts';
import { readSecret } from '../config/environment.ts';
import { writeOnce } from '../config/placeholders.ts';
import type { Config } from '../config/types.ts';

/** What seals and opens, and keys for other purposes derived from the same. */
export interface Keys {
  sealer: KeyedSealer;
  /** For the MACs of forms: the first makes them, each checks them. */
  csrf: readonly Uint8Array[];
}

/**
 * The installation's sealing key, 32 bytes: the configured one, or the one in `<data>/sealing.key`
 * (mode 0600), made at the first start. Whoever loses that file loses every enrolled method.
 *
 * @throws SallyportError ERR_SEAL if the file doesn't hold a key, or one that is configured as a previous one
 */
export function createKeys({ secrets, data }: Pick<Config, 'secrets' | 'data'>): Keys {
  const current = currentOf({ secrets, data });
  const previous = secrets.previousSealingKeys.map((text) => Buffer.from(text, 'base64url'));
  if (previous.some((key) => sealingKeyId(key) === sealingKeyId(current))) {
    const message = `secrets.previousSealingKeys has the key that seals now, ${sealingKeyId(current)}: move the file ${join(data, 'sealing.key')} away to have another one made`;
    throw new SallyportError('ERR_SEAL', message);
  }
  return {
    sealer: createSealer(current, previous),
    csrf: [current, ...previous].map(
      (key) => new Uint8Array(hkdfSync('sha256', key, new Uint8Array(), 'sallyport csrf 1', 32)),
    ),
  };
}

/** Id of the key that seals now; undefined where there is none yet. Makes none. */
export function currentKeyId({ secrets, data }: Pick<Config, 'secrets' | 'data'>): string | undefined {
  const isThere = secrets.sealingKey !== undefined || existsSync(join(data, 'sealing.key'));
  return isThere ? sealingKeyId(currentOf({ secrets, data })) : undefined;
}

function currentOf({ secrets, data }: Pick<Config, 'secrets' | 'data'>): Uint8Array {
  if (secrets.sealingKey !== undefined) return Buffer.from(secrets.sealingKey, 'base64url');
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const file = writeOnce(join(data, 'sealing.key'), randomBytes(32).toString('base64url'));
  const key = Buffer.from(readSecret(file), 'base64url');
  if (key.length !== 32) throw new SallyportError('ERR_SEAL', `${file} doesn't hold 32 bytes in base64url`);
  return key;
}
