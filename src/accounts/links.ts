import { z } from 'zod';
import type { Account, Credential } from '../core/account.ts';
import type { CredentialKind } from '../core/credential-kind.ts';
import { directoryOfUpstream, isUpstream, upstreamOf } from '../core/said.ts';
import type { DurableStore } from '../core/store.ts';

const shape = z.strictObject({ key: z.string() });

/**
 * That somebody known at another house may sign in to an account beside its own way in. It is a credential whose factor
 * is that house: so all that is done with methods (suspended by a report, removed by its owner, the help desk or an
 * operator, told by mail, and what rests on it ended) is done with it. Its lookup key is the person's there: one account
 * for each, and one of each house for an account.
 */
export const LINK: CredentialKind = { shape, maximum: 1 };

/** A link, and whom it is for: the immutable key there. */
export interface Link {
  directory: string;
  key: string;
  credential: Credential;
}

/** What of somebody's credentials are links. Pure. */
export function linksIn(all: readonly Credential[]): Link[] {
  return all.filter(isUpstream).map((credential) => ({
    directory: directoryOfUpstream(credential.factor) ?? '',
    key: shape.parse(credential.data).key,
    credential,
  }));
}

/** What `credentials.add` is told of one. */
export const linkTo = (directory: string, key: string) => ({
  factor: upstreamOf(directory),
  data: { key },
  lookup: [key],
});

/** The account that somebody at another house was linked to. */
export function linkedThrough({ accounts, credentials }: Pick<DurableStore, 'accounts' | 'credentials'>) {
  return async (directory: string, key: string): Promise<Account | undefined> => {
    const link = await credentials.byLookup(upstreamOf(directory), key);
    return link && accounts.byId(link.account);
  };
}

/** Which account somebody known at another house opens: the one that they were linked to, else their own. */
export function openedThrough(durable: Parameters<typeof linkedThrough>[0]) {
  const linkedTo = linkedThrough(durable);
  return async (directory: string, key: string): Promise<Account | undefined> =>
    (await linkedTo(directory, key)) ?? durable.accounts.byDirectoryKey(directory, key);
}
