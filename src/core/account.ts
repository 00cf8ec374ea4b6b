/** A person, as the gateway knows them. The id is our own: random, permanent, never a user name. */
export interface Account {
  id: string;
  /** Directory plug-in and that directory's own immutable id. */
  directory: string;
  directoryKey: string;
  username: string;
  name: string;
  email?: string;
  groups: string[];
  /** BCP 47 tag that the person chose, if any. */
  locale?: string;
  createdAt: number;
  /** Sessions, tokens and remembered devices from before this moment are void. */
  revokedBefore: number;
  version: number;
}

/** Status of a person in their directory, asked at every sign-in and every refresh. */
export type AccountStatus = 'active' | 'disabled' | 'locked' | 'expired' | 'gone';

export function isUsable(status: AccountStatus): boolean {
  return status === 'active';
}

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
