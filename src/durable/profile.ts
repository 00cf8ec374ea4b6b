import type { Account, Profile } from '../core/account.ts';

/** A profile as its column keeps it: with the mail address that it speaks of. */
interface StoredProfile extends Profile {
  email?: string;
}

/** The column; null where the directory says nothing besides. */
export function profileColumn({ profile, email }: Pick<Account, 'profile' | 'email'>): string | null {
  if (profile === undefined || Object.keys(profile).length === 0) return null;
  const stored: StoredProfile = { ...profile, ...(email === undefined ? {} : { email }) };
  return JSON.stringify(stored);
}

/**
 * Reads it beside the row's mail address. A node of the version before, which doesn't know the column, may have
 * written another address meanwhile: of that one nothing was verified.
 */
export function profileFrom(column: string | null, address: string | null): Profile | undefined {
  if (column === null) return undefined;
  const { email, ...profile } = JSON.parse(column) as StoredProfile;
  if ((email ?? null) !== address) delete profile.emailVerified;
  return profile;
}
