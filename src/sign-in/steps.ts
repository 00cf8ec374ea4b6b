import type { Due } from '../assurance/evaluate.ts';
import type { Account } from '../core/account.ts';
import type { Evidence } from '../core/assurance.ts';
import type { Outcome } from '../core/door.ts';
import type { Method } from '../core/journey.ts';
import type { Message, Prompt } from '../core/prompt.ts';
import type { Evaluation } from '../core/sign-in.ts';
import type { HouseAt } from './houses/index.ts';

/** Why something is asked: the key of one sentence, in which the application is named. */
export type Why = 'why.first' | 'why.again' | 'why.second' | 'why.enrol' | 'why.suggested' | 'why.away';

/** A factor's prompt, and what it keeps until the answer. */
export interface Opening {
  factor: string;
  prompt: Prompt;
  pending: unknown;
}

/** Where a sign-in stands, as the journey keeps it: sealed, for pending prompts may hold secrets. */
export type Stage =
  | ({
      at: 'first' | 'method' | 'enrol';
      why: Why;
      also?: Opening[];
      /** Nothing asks for it: the sign-in is complete without. */
      optional?: { authTime: number };
    } & Opening)
  | { at: 'choose' }
  | { at: 'choose-enrolment'; factors: string[]; optional?: { authTime: number } }
  /** A pass was shown in the place of a method that there is: whether that one is lost. */
  | { at: 'lost'; authTime: number }
  | { at: 'remember'; window: number; authTime: number }
  /** `snooze`: how long it rests, milliseconds. */
  | { at: 'suggest'; factor: string; snooze: number; authTime: number }
  | ({ at: 'move'; authTime: number } & Moving)
  | ({ at: 'remind'; authTime: number } & Reminder)
  /** `due`: its directory or the policy wants it, and takes it with the present one. Otherwise a hold does. */
  | { at: 'new-password'; due?: Due; optional?: { authTime: number } }
  /** Whether to go on with the account of the session, and then that it does. */
  | { at: 'select-account' | 'selected'; account: string }
  | { at: 'refused'; message: string; error: RefusalError; setUp?: boolean }
  /**
   * `withoutDirectory`: their directory could not be asked. `remembered`, `connection`: what stood in for the second
   * factor. `remembers`: what whoever kept this has the browser remember.
   */
  | {
      at: 'done';
      authTime: number;
      withoutDirectory?: true;
      remembered?: true;
      connection?: Evaluation['connection'];
      remembers?: Remembers;
    };

/** Proofs of a second factor; `anew`: somebody was asked and said yes, else the browser remembers such already. */
export interface Remembers {
  proofs: Evidence[];
  anew: boolean;
}

/** Why and to what somebody is led from what they have just used. */
export interface Moving {
  campaign: string;
  leaves: string[];
  /** What can be set up, the first one first. */
  factors: string[];
  /** Epoch milliseconds. */
  ends: number;
  /** How long "Not now" holds, milliseconds. */
  snooze: number;
}

/** That the password expires. `overdue`: it has, and nothing is enforced; `here`: it can be changed in this sign-in. */
export interface Reminder {
  /** Epoch milliseconds. */
  expires: number;
  overdue?: boolean;
  here: boolean;
}

export type RefusalError = Extract<Outcome, { kind: 'refused' }>['error'];

export interface State {
  /** Names this step: an answer to an earlier one isn't taken for an answer to this. */
  nonce: string;
  stage: Stage;
  account?: string;
  /** The known account was set aside: somebody else signs in. */
  switched: boolean;
  collected: Evidence[];
  wrong: number;
  /** A suggestion was made in this sign-in: there won't be another. */
  suggested?: boolean;
  /** They were reminded that their password expires, and won't be again. */
  reminded?: boolean;
  /** They want to choose a new one before they go on. */
  renews?: boolean;
  /** The person said that what they have is lost: a pass sets up another one. */
  lost?: boolean;
  /** A name was typed whose domain is another house's: it was said, and won't be again. */
  led?: HouseAt;
  /** The application's own chooser was followed, once. */
  followed?: true;
  /** What other houses were asked for and answered (`nameOf`): they aren't asked for the same again. */
  asked?: string[];
  error?: Message & { factor?: string };
}

/** Where a pass would do that somebody hands out: in this very sign-in, or to set up a method where those are managed. */
export type Lending = 'here' | 'account' | 'nowhere';

/** What to present next. Every door writes it in its own way. */
export type Step = {
  nonce: string;
  account?: Account;
  error?: Message & { factor?: string };
  /** The house that the name typed is of. */
  led?: HouseAt;
} & (
  | {
      kind: 'prompt';
      purpose: 'sign-in' | 'enrol';
      factor: string;
      prompt: Prompt;
      why: Why;
      /** Other factors that can be answered right here; the answer's field `factor` names which. */
      also: { factor: string; prompt: Prompt }[];
      /** Whether it can be left out. */
      optional: boolean;
      /** It is a second step, or sets one up that is asked for: who can't do it now is shown what else there is. */
      second: boolean;
    }
  | { kind: 'choose'; methods: Method[]; lends: Lending }
  /** `optional`: it can be left out. */
  | { kind: 'choose-enrolment'; factors: string[]; lends: Lending; optional: boolean }
  | { kind: 'lost' }
  | { kind: 'remember'; window: number }
  | { kind: 'suggest'; factor: string }
  | ({ kind: 'move' } & Moving)
  | ({ kind: 'remind' } & Reminder)
  /** `rules`: what it must be, in words. */
  | { kind: 'new-password'; rules: readonly Message[]; due?: Due | undefined; optional: boolean }
  | { kind: 'select-account' }
  | {
      kind: 'refused';
      message: Message;
      outcome: Outcome;
      /** A method that would do can be set up where methods are managed. */
      setUp: boolean;
    }
  | { kind: 'done'; outcome: Outcome }
);
