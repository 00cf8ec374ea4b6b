import type { Proof } from './assurance.ts';
import type { Message, Prompt, PromptKind } from './prompt.ts';

/** What a factor asks, and what it keeps until that is answered. */
export interface Challenge<P> {
  prompt: Prompt;
  pending: P;
}

/** What a factor makes of an answer. */
export type Refused = {
  outcome: 'refused';
  /** Shown from now on in the place of the prompt answered. */
  prompt?: Prompt;
  /** What the person is told: a message of the factor's or of the common ones. */
  message: Message;
  /** Why, for audit and log; never a secret. */
  reason: string;
  /** The pending prompt is spent: another try needs a new one. */
  final?: boolean;
  /** The credential's new data, stored although it proved nothing: it is suspended. */
  update?: { credential: string; data: unknown };
};
export type Waiting = { outcome: 'waiting'; prompt?: Prompt };
export type Proved<C> = {
  outcome: 'proved';
  proof: Proof;
  /** The credential's new data, to be stored by compare-and-set before the proof counts. */
  update?: { credential: string; data: C };
};
/** An enrolment goes on: what to show next, and what to keep until that is answered. */
export type Further<P> = { outcome: 'further' } & Challenge<P>;
export type Confirmed<C> = {
  outcome: 'confirmed';
  data: C;
  /** Default name, until the person gives another. */
  name: string;
  /** Keys under which the credential can be found before the account is known. */
  lookup?: string[];
  /** Confirming can prove possession as well. */
  proof?: Omit<Proof, 'credential'>;
  /** The account's credential that this brings up to date where methods are managed: none is added. */
  renews?: string;
};

/** For whom and for what a factor works, beyond the account. */
export interface FactorContext {
  /** The application that the sign-in is for; absent where methods are managed. */
  application?: string;
  /** Its whole id, where it is a federation's member. */
  member?: string;
  /** The answer has to open the sign-in by itself, as a first factor does: nothing that was proven before counts. */
  opening?: boolean;
  /** Where the answer is to seem wrong without being looked at: whose directory does the work all the same. */
  directory?: string | undefined;
  /** Language of the page, BCP 47, for a person who has chosen none. */
  locale?: string;
  /** What requests from the browser's address are counted under; absent where it is everybody's, as a concentrator's. */
  address?: string;
  /** The prompts that can be presented; absent: all. */
  presents?: readonly PromptKind[];
  /**
   * The person is named by an application and asked out of the blue (CIBA): there is no sign-in page in front of them,
   * but what the application shows, which is the prompt's number and this text, where it gave one.
   */
  applicationShows?: { text?: string };
  /** Names this sign-in, the same through all its steps and reloads. */
  signIn?: string;
  /** Id of the factor by which a sign-in was opened in this browser the last time. Anybody can say so. */
  opened?: string;
  /** The browser that asks, to be shown to its owner elsewhere. */
  browser?: { ip: string; userAgent: string };
}
