import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import { exportJWK } from 'jose';
import type { Sealer } from '../core/seal.ts';
import type { DurableStore } from '../core/store.ts';
import { keyContext } from './keyring/key.ts';

const PURPOSE = 'audit';
const ALGORITHM = 'Ed25519';

/** What signs the heads of the audit chains, and what checks the signatures. */
export interface AuditKey {
  kid: string;
  /** Ed25519 (RFC 8032), base64url. */
  sign(data: string): string;
  /** The public key of that id, retired ones included. */
  verifyKey(kid: string): KeyObject | undefined;
  /** Learns of keys that other processes have made since. */
  refresh(): Promise<void>;
}

/**
 * The key that signs the audit, made on first start and kept sealed, so that whoever can only write to the
 * database can't sign. Two processes that start together may both make one: both verify, the older signs.
 *
 * @throws SallyportError ERR_SEAL if a stored key doesn't open with this installation's sealing key
 */
export async function auditKey(
  durable: Pick<DurableStore, 'keys'>,
  sealer: Sealer,
  now: () => number,
): Promise<AuditKey> {
  const present = await durable.keys.list(PURPOSE);
  if (present.every(({ retiredAt }) => retiredAt !== undefined)) await create(durable, sealer, now());
  const { keys, load } = opening(durable, sealer);
  const stored = await load();
  const current = stored.find(({ retiredAt }) => retiredAt === undefined);
  const key = current && keys.get(current.id);
  if (current === undefined || key === undefined) throw new Error('the audit key was retired while it was being made');
  return {
    kid: current.id,
    sign: (data) => sign(null, Buffer.from(data), key.privateKey).toString('base64url'),
    verifyKey: (kid) => keys.get(kid)?.publicKey,
    refresh: async () => void (await load()),
  };
}

/** What checks the signatures, for whoever makes none. */
export async function auditPublicKeys(
  durable: Pick<DurableStore, 'keys'>,
  sealer: Sealer,
): Promise<AuditKey['verifyKey']> {
  const { keys, load } = opening(durable, sealer);
  await load();
  return (kid) => keys.get(kid)?.publicKey;
}

function opening(durable: Pick<DurableStore, 'keys'>, sealer: Sealer) {
  const keys = new Map<string, ReturnType<typeof open>>();
  return {
    keys,
    async load() {
      const stored = await durable.keys.list(PURPOSE);
      for (const { id, sealed } of stored) if (!keys.has(id)) keys.set(id, open(sealer.open(sealed, keyContext(id))));
      return stored;
    },
  };
}

async function create(durable: Pick<DurableStore, 'keys'>, sealer: Sealer, at: number): Promise<void> {
  const id = randomUUID();
  const jwk = await exportJWK(generateKeyPairSync('ed25519').privateKey);
  const sealed = sealer.seal(JSON.stringify(jwk), keyContext(id));
  await durable.keys.insert({ id, purpose: PURPOSE, algorithm: ALGORITHM, sealed, createdAt: at, activeFrom: at });
}

function open(jwk: string): { privateKey: KeyObject; publicKey: KeyObject } {
  const privateKey = createPrivateKey({ key: JSON.parse(jwk), format: 'jwk' });
  return { privateKey, publicKey: createPublicKey(privateKey) };
}
