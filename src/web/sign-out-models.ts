import type { LocalizedText } from '../core/account.ts';

/** Pages of signing out. */
export interface SignOutPages {
  /** `unread`: what the application asked for couldn't be read in full, and nothing leads back to it. */
  'sign-out': { action: string; xsrf: string; application?: LocalizedText; stay: string; unread?: boolean };
  'signed-out': {
    application?: LocalizedText;
    homepage?: string;
    /** Applications that couldn't be told. */
    unreached?: LocalizedText[];
    /** Applications that are told in frames of this page: address of each. */
    frames?: { name: LocalizedText; address: string }[];
    /** Where the application that asked wanted the browser to go. */
    next?: string;
    /** Goes on by itself so many milliseconds after the frames are there, and in any case after `atMost`. */
    after?: number;
    atMost?: number;
    /** Other houses by which they came, where they still are signed in: each with the way to sign out there as well. */
    houses?: { name: LocalizedText; href: string }[];
    /** A house where that couldn't be done. */
    stays?: LocalizedText;
  };
  /** Signing out, application by application, where the browser itself has to go to each. */
  leaving: {
    applications: { name: LocalizedText; state: 'told' | 'telling' | 'waiting' | 'unreached' }[];
    /** Where it goes on: to the next application, or at the end to wherever the sign-out leads. */
    next: string;
    /** Goes on by itself after so many milliseconds, where scripts run; absent where there is something to read first. */
    after?: number;
  };
}
