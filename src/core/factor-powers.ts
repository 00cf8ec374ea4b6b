import type { Account, Credential } from './account.ts';
import type { Proof } from './assurance.ts';
import type { Challenge, Confirmed, FactorContext, Further, Refused, Waiting } from './challenge.ts';
import type { Answer, Message } from './prompt.ts';
import type { Departure, Leaving, Trip } from './redirect.ts';
import type { FactorRoutes } from './route.ts';

/** What a factor can do besides asking for a proof. Each is there or isn't; whoever needs one asks for it. */
export interface Powers<C = unknown, P = unknown> {
  readonly opens?: OpensSignIn<P>;
  readonly enrols?: Enrols<C, P>;
  readonly resends?: Resends<C, P>;
  readonly redirects?: SendsElsewhere<C, P>;
  readonly issues?: Issues<C>;
  readonly assigns?: Assigns<C>;
  readonly lends?: Lends<C>;
  readonly rates?: Rates<C>;
  readonly reviews?: Reviews<C>;
  readonly shows?: ShowsState<C>;
  readonly sorts?: HasSorts<C>;
  readonly moves?: MovesPhone<C>;
  readonly recovers?: Recovers<C>;
  readonly takesOver?: TakesOver<C>;
  readonly holdsBack?: HoldsBack;
  /** What its own app calls, and the app itself. */
  readonly serves?: FactorRoutes;
  readonly publishes?: readonly WellKnownDocument[];
  readonly runs?: Runs;
}

/** Opens a sign-in by itself, before the account is known. */
export interface OpensSignIn<P = unknown> {
  /** `hint`: the name that was typed before, where there was one. */
  begin(hint?: string): Promise<Challenge<P>>;
  /** Whose credential to look for. */
  identify(pending: P, answer: Answer): Promise<Identified | Refused>;
}

/** Who is signing in, before or after the account is known. */
export type Identified = { username: string } | { lookup: string };

/** Is set up by its owner. */
export interface Enrols<C = unknown, P = unknown> {
  /** What to show, and what to keep until it is confirmed. */
  begin(account: Account, existing: readonly Credential<C>[], context?: FactorContext): Promise<Challenge<P>>;
  confirm(pending: P, answer: Answer, context?: FactorContext): Promise<Confirmed<C> | Refused | Further<P> | Waiting>;
}

/** Asks the same anew, as the prompt's `resend` lets people want it. */
export interface Resends<C = unknown, P = unknown> {
  /**
   * With the credentials that the account has now: none at an enrolment. No attempt is counted: what it costs, the
   * factor limits. A refusal leaves all as it was.
   */
  resend(
    pending: P,
    account: Account,
    credentials: readonly Credential<C>[],
    context?: FactorContext,
  ): Promise<Challenge<P> | Refused>;
}

/**
 * Its prompt `redirect` leads to somebody else's page. What comes back is the answer: `verify` (or `confirm`) is given
 * its fields, and what was pending when the person left.
 */
export interface SendsElsewhere<C = unknown, P = unknown> extends Leaving {
  /** A refusal leaves all as it was. */
  leave(
    pending: P,
    account: Account,
    credentials: readonly Credential<C>[],
    trip: Trip,
    context?: FactorContext,
  ): Promise<Departure<P> | Refused>;
}

/** Is handed out to its owner instead of being set up by them: a pass, codes on paper. */
export interface Issues<C = unknown> {
  /** @throws SallyportError ERR_INPUT where the options can't be had */
  issue(account: Account, existing: readonly Credential<C>[], options: IssueOptions): Promise<Issued<C>>;
  /**
   * Owners may issue to themselves, after a fresh proof of more than that. Title, text and button of the page are the
   * factor's messages `issue.title`, `.text`, `.action`.
   */
  readonly selfService?: IssueService;
  /** Operators may issue to others. */
  readonly operatorService?: IssueService;
}

/** What is chosen by whoever issues. */
export interface IssueService {
  readonly choices: readonly IssueChoice[];
}

/** A choice to be made, as the field `name`: the label is the message `issue.<name>`. */
export interface IssueChoice {
  name: string;
  options: readonly { value: string; label: Message }[];
}

/** What is asked for, by the factor's own names, and by whom: what owners may have can be less than what operators may give. */
export interface IssueOptions {
  readonly by: 'owner' | 'operator';
  readonly [name: string]: string | number | boolean | undefined;
}

/** A new credential, and what is shown of it: once, for only hashes of it are kept. */
export interface Issued<C = unknown> {
  name: string;
  data: C;
  lookup?: string[];
  /** All earlier ones of this factor end with it. */
  replaces: boolean;
  shown: Shown;
}

export interface Shown {
  codes: string[];
  /** Epoch milliseconds. */
  starts?: number;
  expires?: number;
  note?: Message;
}

/** Is a device of the institution's that is assigned to an account by the number printed on it. */
export interface Assigns<C = unknown> {
  /** Whoever does so has made sure whom it is handed to. */
  assign(account: Account, existing: readonly Credential<C>[], typed: string): Promise<Assigned<C> | Refused>;
  /** The lookup key of whichever credential is the device with this number, as it is typed. */
  lookupOf(typed: string): string | undefined;
}

/** A device that is the account's now, to be kept as its credential. */
export interface Assigned<C = unknown> {
  outcome: 'assigned';
  name: string;
  data: C;
  lookup: string[];
  /** Where it couldn't be kept: nobody holds the device. */
  release(): Promise<void>;
}

/** Is lent (`standing: 'bootstrap'`), and not every credential for the same. */
export interface Lends<C = unknown> {
  /** For when others aren't at hand: it isn't asked for before them. */
  reserve(credential: Credential<C>): boolean;
  /** To sign in with alone: where methods are managed it counts for nothing. */
  signsInOnly(credential: Credential<C>): boolean;
}

/** Has credentials that are worth less than the module can prove, or are suspended. */
export interface Rates<C = unknown> {
  /** What this one can prove at most, now. No kinds: it is suspended. */
  atMost(credential: Credential<C>): Pick<Proof, 'kinds' | 'phishingResistant' | 'attested'>;
}

/**
 * Looks at a credential again wherever an earlier proof of it would count: what was accepted for one application, or
 * yesterday, may not be for another, or today.
 */
export interface Reviews<C = unknown> {
  review(credential: Credential<C>, account: Account, context: FactorContext): 'attested' | 'unattested' | 'refused';
}

/** Has credentials whose state their owner is told in the list of methods. */
export interface ShowsState<C = unknown> {
  /** "8 left". `warn` is something to act on. */
  state(credential: Credential<C>): { message: Message; warn: boolean } | undefined;
}

/** Has credentials of several sorts, which people call by different names. */
export interface HasSorts<C = unknown> {
  /** The message that says what such a one is called; undefined for those that go by the factor's `method`. */
  sortOf(credential: Credential<C>): string | undefined;
}

/** Has credentials that live on a phone, and have to be moved to a new one. */
export interface MovesPhone<C = unknown> {
  /** What an owner is told about moving this one; undefined where it lives on none. */
  onPhone(credential: Credential<C>): OnPhone | undefined;
}

/** `unlike`: what it is called says which one it is, as its number does, and isn't for the new one. */
export type OnPhone = Message & { unlike?: boolean };

/**
 * Counts where a password is forgotten: what hasn't this counts for nothing there. A key that verifies its user needs
 * nothing beside it, whatever it stands on.
 */
export interface Recovers<C = unknown> {
  /** Its codes are typed before anybody is known: they are checked without a challenge, with `{}` pending. */
  readonly code?: 'saved' | 'issued';
  /** What a proof with this one stands on; undefined: it counts for nothing. */
  standsOn(credential: Credential<C>): ResetGround | undefined;
}

/**
 * `phone`: it lives on one, where mail and text messages are read as well; `token`: on a thing that shows neither.
 * `saved`: a code that was written down; `issued`: one that the help desk gave.
 */
export type ResetGround = 'phone' | 'token' | 'saved' | 'issued';

/** Takes over what people used elsewhere, from another product's export: nothing is asked of its owner. */
export interface TakesOver<C = unknown> {
  /** Undefined: such a thing isn't for this factor. `dry`: only looked at, and nothing is changed. */
  take(
    account: Account,
    existing: readonly Credential<C>[],
    thing: Movable,
    options: { dry: boolean },
  ): Promise<TakenOver<C> | undefined>;
}

/** What can come over from elsewhere. A token's secret is there only where the other product gives it. */
export type Movable =
  | { kind: 'phone'; number: string }
  | { kind: 'token'; serial: string; secret?: MovableSecret }
  /** What another house calls somebody for good, in a tenant of its own. */
  | { kind: 'object'; id: string; tenant?: string };

/** `secret`: base32 without padding. `next`: the counter, or 0. */
export interface MovableSecret {
  /** What its codes go by. */
  type: 'clock' | 'counter';
  secret: string;
  algorithm: string;
  digits: number;
  period: number;
  next: number;
}

/** `had`: it is theirs here already. `release`: where it couldn't be kept. */
export type TakenOver<C = unknown> =
  | { outcome: 'taken'; name: string; data: C; lookup?: readonly string[]; release?(): Promise<void> }
  | { outcome: 'had' }
  | { outcome: 'refused'; reason: string };

/** Holds back what may be an attack on an account, as requests that its owner disowned. */
export interface HoldsBack {
  /** Ends that: the password was changed, or the help desk says so. */
  release(account: string): Promise<void>;
}

/** A document that browsers look for at a fixed address (RFC 8615): path and JSON. */
export interface WellKnownDocument {
  path: `/.well-known/${string}`;
  body: unknown;
}

/** Needs something before the first sign-in, or works on by itself. */
export interface Runs {
  /** @throws SallyportError ERR_CONFIG where the settings can't be honoured, and the gateway doesn't start */
  start(): Promise<void>;
  /** Stops what runs by itself, as refreshing trust. */
  close?(): Promise<void>;
}
