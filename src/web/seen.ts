import type { LocalizedText } from '../core/account.ts';
import type { Message } from '../core/prompt.ts';

/**
 * Why a method proves nothing. `untrusted`: there may be a copy of it, or its time is over; `reported`: it was added in
 * or since a sign-in that was reported, and stands still until its owner confirms it with an elder one, or the help desk
 * does; `stopped`: too many wrong answers in a row were given, until the help desk releases it.
 */
export type Suspended = 'untrusted' | 'reported' | 'stopped';

/** A method, as its owner and the help desk see it. */
export interface MethodSeen {
  id: string;
  factor: string;
  name: string;
  /** What it is called where its factor has several sorts: a key of the factor's texts. */
  sort?: string;
  createdAt: number;
  lastUsedAt?: number;
  suspended?: Suspended;
}

/** A sign-in of the past, as its owner and the help desk see it. */
export interface SignInSeen {
  at: number;
  application?: LocalizedText;
  method: string;
  /** What another house said of how they were shown there, as `amr: pwd, otp`, and what that counted as. */
  believed?: Message;
  browser: string;
  system: string;
  address: string;
  /** The configured network of the address, or where on earth that may be. */
  network?: string;
  place?: string;
  outcome: 'success' | 'failure' | 'refused';
  /** The connection whose sign-in stood for the second step, and when that was. */
  connection?: { application: LocalizedText; at: number };
}
