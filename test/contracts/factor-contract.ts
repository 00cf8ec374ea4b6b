import type { Account, Credential } from '../../src/core/account.ts';
import type { Challenge, FactorContext } from '../../src/core/challenge.ts';
import type { Factor } from '../../src/core/factor.ts';
import type { Movable, Powers } from '../../src/core/factor-powers.ts';
import type { Answer } from '../../src/core/prompt.ts';

/** What a factor's folder says in `testing/contract.ts`, for `factor-suite.ts` to ask it by. */
export interface FactorContract {
  /** All that it has. */
  powers: readonly (keyof Powers)[];
  /** The factor in a world of its own, started, with nothing set up. */
  open(): Promise<Subject>;
}

/** A factor, and a person who has its device. */
export interface Subject {
  factor: Factor;
  account: Account;
  /** Somebody else, who has nothing. */
  stranger: Account;
  /** What the store has of the account's: what is set up is put here. */
  held: Credential[];
  /** What the owner answers, whatever is asked. */
  answer(asked: Challenge<unknown>): Promise<Answer>;
  /** An answer of the same shape that is wrong. */
  wrong(asked: Challenge<unknown>): Promise<Answer>;
  /** The owner is given what was shown of a credential that is handed out. */
  hand?(codes: readonly string[]): void;
  /** Lets so much time pass that what was used, or sent, can be used or sent again. */
  pass(): void;

  /** Of the powers what can't be asked without knowing the factor. */
  opens?: {
    /** How often the costly part was done: a password hashed, a signature checked. */
    work(): number;
  };
  assigns?: { number: string; unknown: string };
  /** Of each kind that it lends one, and what is answered with it. */
  lends?: () => Promise<{ credential: Credential; answer: Answer }[]>;
  /** A credential that proves nothing any more. */
  rates?: (held: readonly Credential[]) => Credential;
  /** Where a credential isn't accepted. */
  reviews?: (held: readonly Credential[]) => { credential: Credential; context: FactorContext };
  /** Those of which there is something to tell. */
  shows?: (held: readonly Credential[]) => Credential[];
  /** One of each sort. */
  sorts?: (held: readonly Credential[]) => Credential[];
  /** One that lives on a phone, and one that doesn't, if there are such. */
  moves?: (held: readonly Credential[]) => { there: Credential | undefined; elsewhere?: Credential };
  /** What another product may say is theirs. */
  takesOver?: Movable;
  /** Has it hold something back: nothing that is held is usable then. */
  holdsBack?: () => Promise<void>;
}
