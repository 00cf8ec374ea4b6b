import type { AccountStatus, Profile } from './account.ts';

/** A person as their directory describes them. */
export interface Person {
  /** Never changes and is never reused: whoever is renamed stays the same, whoever gets a name anew is somebody else. */
  key: string;
  username: string;
  /** Other names that they go by here: a user principal name, a former one. */
  aliases?: readonly string[];
  name: string;
  /** The first of their mail addresses; `profile` has all. */
  email?: string;
  /** Absent: the directory doesn't say, which isn't the same as none. */
  groups?: string[];
  status: AccountStatus;
  /** Why, in the directory's own words, for operators: `accountExpires 2026-09-01`. */
  statusReason?: string;
  /** Absent: the directory doesn't say. */
  password?: PasswordState;
  /** When it became what it is, epoch milliseconds. Absent: the directory doesn't say. */
  passwordChangedAt?: number;
  profile?: Profile;
}

/** `expired` and `must-change`: it still shows who somebody is, and opens nothing but the page for a new one. */
export type PasswordState = 'usable' | 'expired' | 'must-change';
