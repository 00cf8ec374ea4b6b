import type { CookieJar } from '../cookies.ts';

/** What one person was told has happened: a page or an answer that says so. */
export interface Account {
  readonly username: string;
  /** Enrolled in a sign-in, or added at the account page. */
  enrolled: number;
  /** Ids that the account page has shown. */
  shown: Set<string>;
  removed: Set<string>;
  /** Nobody can say whether it was removed: no answer came. */
  inDoubt: Set<string>;
  signedOutEverywhere: number;
  remembered: number;
}

/** What may open nothing any more, by what an answer said. */
export interface Ended {
  what: 'session' | 'device' | 'refresh token' | 'code' | 'authenticator';
  username: string;
  jar?: CookieJar;
  token?: string;
  /** Of the authorization request that a code answers. */
  verifier?: string;
  /** Shows codes of an authenticator that was removed. */
  codeAt?(now: number): string;
}

/** Kept by clients alone: what gateways acknowledged, and what must never happen. */
export interface Ledger {
  readonly accounts: Map<string, Account>;
  readonly ended: Ended[];
  /** What must not have been: in words, each with whom it happened to. */
  readonly breaches: string[];
  /** Who had to begin anew, and where. */
  readonly givenUp: string[];
  /** How often each status was answered; 0 is no answer at all. */
  readonly answers: Map<number, number>;
  /** Whole sign-ins, by when they began and ended, epoch milliseconds. */
  readonly signIns: { began: number; ended: number; again: boolean }[];
  /** Milliseconds of the slowest answer so far. */
  slowest: number;
  account(username: string): Account;
  breach(what: string): void;
}

export function createLedger(): Ledger {
  const ledger: Ledger = {
    ...{ accounts: new Map(), ended: [], breaches: [], givenUp: [], answers: new Map(), signIns: [], slowest: 0 },
    account(username) {
      const known = ledger.accounts.get(username);
      if (known) return known;
      const counts = { enrolled: 0, signedOutEverywhere: 0, remembered: 0 };
      const made = {
        username,
        ...counts,
        shown: new Set<string>(),
        removed: new Set<string>(),
        inDoubt: new Set<string>(),
      };
      ledger.accounts.set(username, made);
      return made;
    },
    breach(what) {
      ledger.breaches.push(what);
    },
  };
  return ledger;
}
