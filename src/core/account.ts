/** A postal address (OpenID Connect Core section 5.1.1); `formatted` and `streetAddress` may have several lines. */
export interface PostalAddress {
  /** All of it, as it stands on an envelope. */
  formatted?: string;
  streetAddress?: string;
  locality?: string;
  region?: string;
  postalCode?: string;
  country?: string;
}

/** A mail address, and whether somebody has made sure that it is theirs; absent: nobody says. */
export interface MailAddress {
  address: string;
  verified?: boolean;
}

/** What a directory may know of a person besides; what it doesn't know is left out. */
export interface Profile {
  givenName?: string;
  familyName?: string;
  /** Whether somebody has made sure that the mail address is theirs. */
  emailVerified?: boolean;
  /** All of them, the account's own first, where there is more than that one. */
  emails?: readonly MailAddress[];
  /** E.164. */
  phone?: string;
  phoneVerified?: boolean;
  address?: PostalAddress;
  department?: string;
  /** BCP 47 tag. */
  locale?: string;
  /** When the directory last changed what it knows, epoch milliseconds. */
  updatedAt?: number;
}

/** A person, as the gateway knows them. The id is our own: random, permanent, never a user name. */
export interface Account {
  id: string;
  /** Directory plug-in and that directory's own immutable id. */
  directory: string;
  directoryKey: string;
  username: string;
  name: string;
  email?: string;
  /** Absent: its directory doesn't say, which isn't the same as none. */
  groups?: string[];
  /** BCP 47 tag that the person chose, if any; the directory's own is in `profile`. */
  locale?: string;
  profile?: Profile;
  /** As its directory was last seen to say; absent: nobody has looked since this is kept. */
  standing?: AccountStatus;
  /** How its directory last answered for this very person, and when; absent: nothing here needs it kept. */
  seen?: Seen;
  createdAt: number;
  /** When everything of theirs was ended last. What carries no generation is void if it is from before. */
  revokedBefore: number;
  /** How often everything of theirs has been ended: sessions, tokens, remembered devices, proofs. */
  generation: number;
  /** `revokedBefore` as the last of these set it: a later one is of a program that doesn't count generations. */
  countedTo: number;
  version: number;
}

export interface Seen {
  status: AccountStatus;
  /** What else of the account is the directory's is no older than this where they were active; epoch milliseconds. */
  at: number;
}

/** Something of an account's that ends with all else of it: since when it is, and in which generation it began. */
export interface Stamped {
  at: number;
  /** As it was read before whatever this rests on was looked at; absent: kept by a program that counts none. */
  generation?: number | undefined;
}

/**
 * Whether everything of the account has been ended since. By its generation, which no clock moves: what was read before
 * the end and is written after it is void as well. What carries none is compared by time.
 */
export function isEnded(account: Pick<Account, 'revokedBefore' | 'generation' | 'countedTo'>, it: Stamped): boolean {
  if (it.generation === undefined) return it.at < account.revokedBefore;
  if (it.generation !== account.generation) return true;
  return account.revokedBefore > account.countedTo && it.at < account.revokedBefore;
}

/** Status of a person in their directory, asked at every sign-in and every refresh. */
export type AccountStatus = 'active' | 'disabled' | 'locked' | 'expired' | 'gone';

export function isUsable(status: AccountStatus): boolean {
  return status === 'active';
}

/** Locked isn't out: a stranger's wrong passwords can lock anybody, and would then sign them out everywhere. */
export const isOut = (status: AccountStatus | undefined): boolean =>
  status === 'disabled' || status === 'expired' || status === 'gone';

/** An enrolled instance of a factor for one account; `data` is the factor's own, unsealed. */
export interface Credential<D = unknown> {
  id: string;
  account: string;
  factor: string;
  /** What the person calls it. */
  name: string;
  data: D;
  createdAt: number;
  lastUsedAt?: number;
  /** Since when it proves nothing, until somebody confirms that it is the owner's: a sign-in was reported. */
  suspendedAt?: number;
  version: number;
}

/** Text in the languages offered; a plain string stands for all of them. */
export type LocalizedText = string | Readonly<Record<string, string>>;
