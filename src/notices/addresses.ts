import type { Account } from '../core/account.ts';
import type { Kind } from './notices.ts';

/** All mail addresses at which an account's owner is told of something of this kind. Nothing else says so. */
export type AddressesOf = (account: Account, kind: Kind) => Promise<readonly string[]>;

/** The one that the directory has. */
export const directoryAddress: AddressesOf = async ({ email }) => (email ? [email] : []);
