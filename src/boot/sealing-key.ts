import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { SallyportError } from '../core/errors.ts';
import { readSecret } from './config/environment.ts';
import { writeOnce } from './config/placeholders.ts';
import type { Config } from './config/types.ts';

/**
 * The installation's sealing key, 32 bytes: the configured one, or the one in `<data>/sealing.key`
 * (mode 0600), made at the first start. Whoever loses that file loses every enrolled method.
 *
 * @throws SallyportError ERR_SEAL if the file doesn't hold a key
 */
export function sealingKeyOf({ secrets, data }: Pick<Config, 'secrets' | 'data'>): Uint8Array {
  if (secrets.sealingKey !== undefined) return Buffer.from(secrets.sealingKey, 'base64url');
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const file = writeOnce(join(data, 'sealing.key'), randomBytes(32).toString('base64url'));
  const key = Buffer.from(readSecret(file), 'base64url');
  if (key.length !== 32) throw new SallyportError('ERR_SEAL', `${file} doesn't hold 32 bytes in base64url`);
  return key;
}
