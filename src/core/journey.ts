import type { Account } from './account.ts';
import type { Level, Proof } from './assurance.ts';
import type { Browser } from './browser.ts';
import type { Answer, Message, Prompt, PromptKind } from './prompt.ts';
import type { Wants } from './sign-in.ts';

/** Who asks where there is no browser. */
export interface Caller {
  /**
   * The person's own address where the protocol tells it, else that of whoever speaks for them, or empty where neither
   * can be believed, which is no network's: policy's networks go by it, and attempts and what strangers have begun are
   * counted for it.
   */
  ip: string;
  userAgent?: string;
  /** BCP 47. */
  locale?: string;
  /**
   * Who speaks for many people, as a concentrator does, by a name of the door's: attempts are then counted for no
   * address, which would be everybody's or only claimed, and what is begun is counted for whoever speaks.
   */
  speaker?: string;
  /**
   * By what a person is recognised who comes the same way again, where nobody else can claim it: once it led to a right
   * first answer of an account, it has a budget of attempts of its own there, as a known browser has.
   */
  known?: string;
}

/**
 * Whose answer it is. A browser of `DoorPorts.browser` has its own budget of attempts, and what is remembered on it
 * counts as policy says; nothing is remembered of a caller, who has a budget only where the door says by what.
 */
export type From = Browser | Caller;

export interface JourneyRequest {
  /** One of the door's own, or a member of one. */
  application: string;
  wants?: Partial<Wants>;
  loginHint?: string;
  /** The kinds of prompt that can be presented here: a factor that uses another one isn't offered. */
  presents: readonly PromptKind[];
  from: From;
  /**
   * Another sign-in of the same person at the same application that somebody may have given up waiting for. Once the
   * first answer is right here too, its second step goes on here as it stands, and there no more: nothing is sent anew.
   * Only for whoever certainly comes from the same place: what is answered elsewhere would be taken in here.
   */
  joins?: string;
  /**
   * The door's counterpart has seen the first factor of this account, by a word that the door has verified: only what
   * comes after it is asked. That word is no proof of anything here, and counts for this sign-in alone.
   */
  vouched?: { account: string };
  /**
   * The door's counterpart names the account, and nobody has shown anything (CIBA). One method that is answered
   * elsewhere is asked, and is all that is asked: it counts as the one factor that it is, and only where policy is
   * content with that. `message`: what the application shows, for the person to see at that method too.
   */
  named?: { account: string; message?: string };
}

/** A method that the person can choose: a factor, with the credential used last. */
export interface Method {
  factor: string;
  name: string;
  /** What it is called where its factor has several sorts: a key of the factor's texts. */
  sort?: string;
  lastUsedAt?: number;
}

/** Texts of `prompt`, `also` and `error` are the factor's own first: say them with its id. */
export type JourneyStep = {
  /** Names the step: an answer to another one is none to this. */
  nonce: string;
  /** What was wrong with the answer before. */
  error?: Message & { factor?: string };
} & (
  | {
      kind: 'prompt';
      factor: string;
      /** Answered by fields of the kind's own names, as the pages' forms have them: `password`, `code`, `choice`. */
      prompt: Prompt;
      /** Other factors that can be answered right here; the answer's field `factor` names which. */
      also: { factor: string; prompt: Prompt }[];
      /** It comes after the first: `instead` says what there is in its place. */
      second: boolean;
    }
  /** Answered by the field `method`, a factor's id. */
  | { kind: 'choose'; methods: Method[] }
  | { kind: 'refused'; message: Message; refusal: JourneyRefusal }
  | ({ kind: 'done' } & SignedIn)
);

/** As `Outcome` has it. `login_required`: what was shown no longer holds, and may be shown anew. */
export type JourneyRefusal = 'access_denied' | 'unmet_authentication_requirements' | 'login_required';

/** Who it is and what that rests on, as of the moment in which this is given out. Times are epoch milliseconds. */
export interface SignedIn {
  account: Account;
  level: Level;
  /** The class to claim; absent where the table has none that fits. */
  acr?: string;
  amr: readonly string[];
  /** When the first factor was shown. */
  authTime: number;
  /** What it rests on ends then, and whatever the door gives for it must. */
  expires?: number;
  proofs: readonly Proof[];
}

/**
 * The journey for a door that presents it itself. There is no session: nothing that was shown before counts but what a
 * browser remembers, and nothing is left for later. Methods aren't set up and passwords not changed here: whoever
 * would have to is refused, with a message that says where.
 *
 * The id is all that it takes to go on, and is the door's to guard: a browser that carries it away is bound to it by
 * `DoorPorts.bonds`.
 */
export interface JourneyPort {
  /**
   * Begins, and counts what is kept of it for the address.
   *
   * @throws TooManyError where the address has begun too much; OverloadedError where nobody is to begin
   * @throws SallyportError ERR_NOT_FOUND where the application isn't this door's
   */
  begin(request: JourneyRequest): Promise<{ id: string; step: JourneyStep }>;
  /** Where it stands. An answer that came by another channel is taken in. Throws as `answer` does. */
  look(id: string, from: From): Promise<JourneyStep>;
  /**
   * Takes one answer, counted before it is looked at. `done` and `refused` are its end: of any number of answers one
   * gets it.
   *
   * @throws SallyportError ERR_SIGN_IN_EXPIRED where there is none under this id: it has ended, or waited for too long:
   * for half an hour, or as long altogether until the person has shown who they are
   * @throws SallyportError ERR_NOT_FOUND where the application isn't this door's any more
   */
  answer(id: string, from: From, answer: Answer, nonce: string): Promise<JourneyStep>;
  /** Gives it up: nothing is kept of it, whoever has begun it. It may have ended already. */
  leave(id: string): Promise<void>;
  /** What else there is in the place of a second step, which stays. Throws as `answer` does. */
  instead(id: string, from: From): Promise<JourneyStep>;
  /**
   * Resolves as soon as there may be something to `look` at, for a prompt that `waits` for another channel: it was
   * answered, its time is over, another step has taken its place (seen within five seconds), or the signal was aborted.
   * At once for any other. Throws as `answer` does.
   *
   * @throws TooManyError where five wait for it already
   */
  changed(id: string, nonce: string, signal?: AbortSignal): Promise<void>;
}
