import type { z } from 'zod';
import type { LocalizedText } from './account.ts';
import type { Belief, Grounds } from './belief.ts';
import type { Houses } from './houses.ts';
import type { Person } from './person.ts';
import type { Answer } from './prompt.ts';
import type { Departure, Destination, Leaving, Returned, Trip } from './redirect.ts';
import type { Said } from './said.ts';

/** What has to be shown at a provider: who it is, by two kinds of proof, by one that can't be phished. */
export type ProofWanted = 'identity' | 'two-kinds' | 'resistant';

/** What a provider is asked for, in words that no protocol has: it asks in the way that this provider understands. */
export interface Wish {
  proof: ProofWanted;
  /** Greatest age of the proofs, milliseconds; 0: they are given anew. */
  maxAge?: number;
  /** Nobody else will do: the key of who signs in already. */
  subject?: string;
  /** Which of its houses somebody chose who isn't known yet (`HouseEntry.id`); whoever is goes to their own. */
  house?: string;
  /** What the person or the application said of who it is. */
  loginHint?: string;
}

/** A provider's answer that stood every check. */
export interface Verified {
  outcome: 'verified';
  /** By its immutable key, which no other provider and no other tenant can have said. */
  person: Person;
  said: Said;
  /** When its own session ends at the latest, epoch milliseconds: what came of it here ends then. Absent: it doesn't say. */
  until?: number;
  /** What it takes to end their session there (`signingOut`): for the module alone, and kept sealed. */
  parting?: string;
  /** What it takes to ask whether they are still there: for the module alone, and kept sealed. */
  still?: string;
  /** It was shown after the person had left for it, by the provider's own word. */
  anew: boolean;
}

/**
 * Whether people may sign in to an account that they have here by this provider as well: nobody, those whom an operator
 * links, or also whoever links it on their own pages.
 */
export const LINKING = ['never', 'operator', 'owner'] as const;
export type Linking = (typeof LINKING)[number];

/** Whether a provider shows who it is anew where it is asked to, and says when; it does and doesn't say; or never does. */
export type Anew = 'dated' | 'undated' | 'never';

/**
 * Whether an answer is of now, as far as this provider could make it so. Pure. Who may say when and says it was earlier
 * wasn't asked anew, whatever the browser sent it.
 */
export const isOfNow = (asks: Anew, { said, anew }: Pick<Verified, 'said' | 'anew'>): boolean =>
  anew || asks === 'never' || (asks === 'undated' && said.at === undefined);

/** A session at a provider: whose, by their key there, and its name for it. */
export interface SessionThere {
  key: string;
  session?: string;
}

/** The way to a provider's own sign-out, for whoever wants that too. */
export interface SigningOut {
  /** Whether it has one, and it is still known whom to name. */
  can(session: SessionThere): Promise<boolean>;
  /**
   * Where the browser goes; undefined: nowhere. `back`: our page that it may come back to.
   *
   * @throws SallyportError ERR_DIRECTORY_UNAVAILABLE where the provider can't be reached
   */
  begin(session: SessionThere, trip: Pick<Trip, 'back' | 'locale'>): Promise<Destination | undefined>;
}

/** A session at a provider is over, by its own word: whose, or by its name for it, or both. */
export interface EndedThere {
  key?: string;
  session?: string;
  /** Names this very message: a copy of it ends nothing. Absent where nobody has signed it: nothing is kept of what strangers send. */
  id?: string;
}

/** Why nobody signs in by an answer; `reason` is for audit and log, never a secret. */
export interface NotVerified {
  outcome: 'refused';
  /**
   * What the person is told: they gave up there; the provider couldn't show what was asked for; it can't be reached;
   * or the answer isn't one to believe.
   */
  why: 'cancelled' | 'unmet' | 'unavailable' | 'unbelievable';
  reason: string;
}

/**
 * A directory's way in by somebody else's sign-in page. Data in, decision out: the gateway keeps what is pending, binds
 * it to the browser, the sign-in and this provider, gives it out once, counts and tells the audit.
 */
export interface Redirects<P = unknown> extends Leaving {
  /** As people know the provider: it stands on the button. */
  readonly name: LocalizedText;
  /** What people choose from. Absent: the provider is the only one, and has nothing but its name. */
  readonly houses?: Houses;
  /** Shape of what is kept until the answer. */
  readonly pending: z.ZodType<P>;
  /** @throws SallyportError ERR_DIRECTORY_UNAVAILABLE where the provider can't be reached */
  begin(wish: Wish, trip: Trip): Promise<Departure<P>>;
  /** Checks all of it: from this provider, to us, for what is pending, and not used before. */
  answer(returned: Returned, pending: P, trip: Pick<Trip, 'state' | 'back'>): Promise<Verified | NotVerified>;
  readonly linking: Linking;
  /** Domains in which it names people as we do, by the operator's word and never by its own; in lower case. */
  readonly speaksFor: readonly string[];
  readonly anew: Anew;
  /** The key of whom the provider calls so, for operators. Throws ERR_INPUT for what it calls nobody. */
  keyOf(subject: string): string;
  /** From here on `byKey` knows this person as they were described. */
  keep(verified: Verified): Promise<void>;
  /** Checks what it says from server to server of a session's end. Absent: it never does. */
  heard?(returned: Returned): Promise<EndedThere | NotVerified>;
  /**
   * The same by a browser of anybody's, in a frame: only by the provider's name for the session, which nobody else
   * knows. Absent: it never does.
   */
  heardInFront?(fields: Answer): EndedThere | NotVerified;
  /** Whose session it calls so, as far as is known. */
  keyOfSession?(session: string): Promise<string | undefined>;
  /** Absent: it can't. */
  readonly signingOut?: SigningOut;
  /** What of that counts as of now, by the provider's table. */
  believe(said: Said): Belief;
  /** Why, for operators. */
  grounds(said: Said): Grounds;
  /** The most that it could show, by its table. */
  readonly atMost: Belief;
  /** How long ago it may have been shown, milliseconds, to be more than a word for who it is, whatever no rule says. */
  readonly freshness: number;
  /** Whether asking it for that could bring it. */
  able(wanted: ProofWanted): boolean;
}
