import type { AdapterPayload, Grant, Provider } from 'oidc-provider';
import type { Account } from '../../core/account.ts';
import type { Proof } from '../../core/assurance.ts';
import type { EphemeralStore } from '../../core/store.ts';
import { grantsOf, hashOf, readRecord } from './adapter.ts';

/** What a grant's tokens rest on, the account's generation in which it began, and the grant that it ends with, kept in its record. */
type Resting = Grant & { proofs?: readonly Proof[]; generation?: number; from?: string };

/** oidc-provider keeps only what a model lists. */
export function keepResting({ Grant }: Provider): void {
  // The published types lack this getter, which its models share.
  const model = Grant as typeof Grant & { readonly IN_PAYLOAD: readonly string[] };
  const fields = [...model.IN_PAYLOAD, 'proofs', 'generation', 'from'];
  Object.defineProperty(model, 'IN_PAYLOAD', { get: () => fields });
}

/** Of a grant, or of its record. */
export function proofsOf(grant: Grant | AdapterPayload | undefined): readonly Proof[] {
  return (grant as Partial<Resting> | undefined)?.proofs ?? [];
}

export function generationOf(grant: Grant | AdapterPayload | undefined): number | undefined {
  return (grant as Partial<Resting> | undefined)?.generation;
}

/** A grant that is dead where everything of the account has been ended since that account was read, however late it is written. */
export function newGrant(
  { Grant }: Pick<Provider, 'Grant'>,
  clientId: string,
  account: Pick<Account, 'id' | 'generation'>,
) {
  const grant = new Grant({ accountId: account.id, clientId });
  return Object.assign(grant, { generation: account.generation } satisfies Partial<Resting>);
}

/** Has it end with the grant that it was exchanged from (RFC 8693), whatever ends that. */
export function endWith(grant: Grant, from: string): void {
  Object.assign(grant, { from } satisfies Partial<Resting>);
}

const nameOf = ({ factor, credential }: Proof): string => `${factor}\0${credential}`;

/** What a proof says, whenever it was given. */
const worthOf = ({ kinds, phishingResistant, attested, bootstrap, expires }: Proof): string =>
  JSON.stringify([[...kinds].sort(), phishingResistant, attested, bootstrap, expires]);

/** Without the authorization request that it was given in. */
function bare(proof: Proof): Proof {
  const { request: _, ...rest } = proof as Proof & { request?: string };
  return rest;
}

/**
 * Adds what a further request of the grant rests on, of each credential the newest; true if that changed it. A proof
 * that says the same again changes nothing, and needn't be written.
 */
export function restOn(grant: Grant, proofs: readonly Proof[]): boolean {
  const before = new Map(proofsOf(grant).map((proof) => [nameOf(proof), proof]));
  const fresh = proofs.filter((proof) => {
    const known = before.get(nameOf(proof));
    return known === undefined || worthOf(known) !== worthOf(proof);
  });
  if (fresh.length === 0) return false;
  const after = new Map([...before, ...fresh.map((proof) => [nameOf(proof), bare(proof)] as const)]);
  (grant as Resting).proofs = [...after.values()];
  return true;
}

/**
 * Ends the account's grants that rest on a credential, found by the account's own index of them; how many. All that
 * hangs on a grant ends with it.
 */
export async function endGrants(ephemeral: EphemeralStore, account: string, credential: string): Promise<number> {
  const ids = await ephemeral.members(grantsOf(account));
  const keyOf = (id: string) => `oidc:Grant:${hashOf(id)}`;
  const records = ids.length === 0 ? [] : await ephemeral.getMany(ids.map(keyOf));
  const ended = ids.flatMap((id, at) => {
    const record = records[at];
    const { proofs = [] } = record === undefined ? {} : (readRecord(record, id) as Partial<Resting>);
    return proofs.some((proof) => proof.credential === credential) ? [keyOf(id)] : [];
  });
  if (ended.length > 0) await ephemeral.delete(...ended);
  return ended.length;
}
