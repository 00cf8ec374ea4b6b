import { generateKeyPair, randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { exportJWK } from 'jose';
import type { Sealer } from '../../core/seal.ts';
import type { DurableStore } from '../../core/store.ts';

const generate = promisify(generateKeyPair);

/** One signing key per algorithm that an application may choose. */
const ALGORITHMS = {
  RS256: () => generate('rsa', { modulusLength: 2048 }),
  ES256: () => generate('ec', { namedCurve: 'P-256' }),
};

/**
 * The private signing keys as a JWK Set (RFC 7517), made on first start and kept sealed.
 * Two processes that start together may both make a key; both are then published, oldest first.
 */
export async function signingKeys(durable: DurableStore, sealer: Sealer, now: () => number) {
  for (const [algorithm, make] of Object.entries(ALGORITHMS)) {
    const existing = await durable.keys.list('oidc');
    if (existing.some((key) => key.algorithm === algorithm && key.retiredAt === undefined)) continue;
    const { privateKey } = await make();
    const id = randomUUID();
    const jwk = { ...(await exportJWK(privateKey)), kid: id, alg: algorithm, use: 'sig' };
    await durable.keys.insert({
      id,
      purpose: 'oidc',
      algorithm,
      sealed: sealer.seal(JSON.stringify(jwk), `key:${id}`),
      createdAt: now(),
      activeFrom: now(),
    });
  }
  const stored = (await durable.keys.list('oidc')).filter((key) => key.retiredAt === undefined);
  stored.sort((a, b) => a.activeFrom - b.activeFrom || a.id.localeCompare(b.id));
  return { keys: stored.map((key) => JSON.parse(sealer.open(key.sealed, `key:${key.id}`))) };
}
