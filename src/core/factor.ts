import type { z } from 'zod';
import type { Account, Credential, LocalizedText } from './account.ts';
import type { Kind, Proof } from './assurance.ts';
import type { Command } from './directory.ts';
import type { AuditEvent, LogPort } from './door.ts';
import type { Answer, Message, Prompt, PromptKind } from './prompt.ts';
import type { FactorRoutes } from './route.ts';
import type { Sealer } from './seal.ts';
import type { OwnSealedPlace } from './sealed.ts';
import type { Channel, Outgoing, Sent } from './sender.ts';
import type { RecordStore } from './store.ts';

/**
 * A factor: data in, decision out. It holds no store, no request and no HTML.
 * Counting attempts, replay of a pending prompt, sealing and audit belong to the journey.
 */
export interface FactorModule<S = unknown, C = unknown, P = unknown> {
  /** The folder's name. */
  readonly id: string;
  /** At most what it can prove. */
  readonly kinds: readonly Kind[];
  readonly amr: readonly string[];
  /** Whether its proofs can be phishing-resistant, and attested. */
  readonly strength?: { phishingResistant: boolean; attested: boolean };
  /** The prompt kinds it uses; a door that can't present them doesn't offer it. */
  readonly prompts: readonly PromptKind[];
  /** What it sends messages by: the configuration must have a sender for each. */
  readonly sends?: readonly Channel[];
  readonly settings: z.ZodType<S>;
  /** Shape of a stored credential's `data`. */
  readonly credential: z.ZodType<C>;
  /** Shape of what is kept between prompt and answer. */
  readonly pending: z.ZodType<P>;
  /**
   * Its credentials aren't methods that a person could rely on: `bootstrap` ones are lent, to sign in and set up a
   * method with; `spare` ones run out. Neither lets the last method of one's own be removed.
   */
  readonly standing?: 'bootstrap' | 'spare';
  /** It is offered, and its proofs count, only where a rule's `factors` name it: no list is not enough. */
  readonly onlyIfNamed?: true;
  /**
   * A second step without anything set up: `usable` says for whom, without credentials, and its proofs carry its own
   * id in the place of a credential's. Nobody counts as enrolled by it.
   */
  readonly implied?: true;
  /** Most credentials of one account; by default 10. */
  maximum?(settings: S): number;
  /** Where it keeps sealed values besides its credentials. */
  readonly sealed?: readonly OwnSealedPlace[];
  /** Commands of the CLI, run where the data is owned; they name themselves, as `tokens import`. */
  readonly commands?: readonly Command<FactorDesk<C, P>>[];
  create(settings: S, ports: FactorPorts): Factor<C, P>;
}

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

/** Who is signing in, before or after the account is known. */
export type Identified = { username: string } | { lookup: string };

/** For whom and for what a factor works, beyond the account. */
export interface FactorContext {
  /** The application that the sign-in is for; absent where methods are managed. */
  application?: string;
  /** Its whole id, where it is a federation's member. */
  member?: string;
  /** The answer has to open the sign-in by itself, as a first factor does: nothing that was proven before counts. */
  opening?: boolean;
  /** Language of the page, BCP 47, for a person who has chosen none. */
  locale?: string;
  /** What requests from the browser's address are counted under. */
  address?: string;
  /** Names this sign-in, the same through all its steps and reloads. */
  signIn?: string;
  /** The browser that asks, to be shown to its owner elsewhere. */
  browser?: { ip: string; userAgent: string };
}

/** `unlike`: what it is called says which one it is, as its number does, and isn't for the new one. */
export type OnPhone = Message & { unlike?: boolean };

export interface Factor<C = unknown, P = unknown> {
  /** Begins enrolment: what to show, and what to keep until it is confirmed. */
  enrol?(account: Account, existing: readonly Credential<C>[], context?: FactorContext): Promise<Challenge<P>>;
  confirm?(pending: P, answer: Answer, context?: FactorContext): Promise<Confirmed<C> | Refused | Further<P> | Waiting>;

  /** Begins a proof with one or more of the account's credentials. */
  challenge(account: Account, credentials: readonly Credential<C>[], context?: FactorContext): Promise<Challenge<P>>;
  /**
   * Checks an answer. The account is undefined when none was found for the name given: the
   * factor then does the same work and refuses, so that neither text nor time tells.
   */
  verify(
    pending: P,
    credentials: readonly Credential<C>[],
    answer: Answer,
    account: Account | undefined,
    context?: FactorContext,
  ): Promise<Proved<C> | Refused | Waiting>;

  /**
   * Whether this answer could be right by chance, as a code can: by default, yes. Failures in a row of what can be
   * guessed are counted for good; a signature's aren't, or anybody could stop it.
   */
  guess?(answer: Answer): boolean;

  /**
   * Asks the same anew, as the prompt's `resend` lets people want it, with the credentials that the account has now:
   * none at an enrolment. No attempt is counted: what it costs, the factor limits. A refusal leaves all as it was.
   */
  resend?(
    pending: P,
    account: Account,
    credentials: readonly Credential<C>[],
    context?: FactorContext,
  ): Promise<Challenge<P> | Refused>;

  /** Opens a sign-in by itself, before the account is known. */
  first?: {
    begin(hint?: string): Promise<Challenge<P>>;
    /** Whose credential to look for. */
    identify(pending: P, answer: Answer): Promise<Identified | Refused>;
  };

  /**
   * Makes a credential that is handed to its owner instead of being set up by them: a pass, codes on paper. Throws
   * ERR_INPUT where the options can't be had.
   */
  issue?(account: Account, existing: readonly Credential<C>[], options: IssueOptions): Promise<Issued<C>>;
  /** What owners may issue to themselves, after a fresh proof of more than that: absent is nothing. */
  readonly selfService?: SelfService<C>;
  /** What operators may issue to others, and what they choose then: absent is nothing. */
  readonly operatorService?: { choices: readonly IssueChoice[] };

  /**
   * Gives a device of the institution's to an account, by the number that is printed on it. Whoever does so has made
   * sure whom it is handed to.
   */
  assign?(account: Account, existing: readonly Credential<C>[], typed: string): Promise<Assigned<C> | Refused>;
  /** The lookup key of whichever credential is the device with this number, as it is typed. */
  lookupOf?(typed: string): string | undefined;

  /** Whether it can be offered to this account now; by default, if a credential is enrolled. */
  usable?(account: Account, credentials: readonly Credential<C>[], context?: FactorContext): boolean;

  /** What this credential can prove at most, now; by default what the module can. No kinds: it is suspended. */
  atMost?(credential: Credential<C>): Pick<Proof, 'kinds' | 'phishingResistant' | 'attested'>;

  /** For when others aren't at hand: it isn't asked for before them. */
  reserve?(credential: Credential<C>): boolean;
  /** Lent, and to sign in with alone: where methods are managed it counts for nothing. */
  signsInOnly?(credential: Credential<C>): boolean;

  /**
   * Looks at a credential again wherever an earlier proof of it would count, for this application and now: what
   * was accepted for one application, or yesterday, may not be for another, or today.
   */
  review?(credential: Credential<C>, account: Account, context: FactorContext): 'attested' | 'unattested' | 'refused';

  /** Documents that browsers look for at fixed addresses: path and JSON. */
  readonly published?: readonly { path: `/.well-known/${string}`; body: unknown }[];

  /** What its own app calls, and the app itself. */
  readonly routes?: FactorRoutes;

  /** What it holds back of an account's ends: the password was changed, or the help desk says so. */
  release?(account: string): Promise<void>;

  /** What an owner is told about moving this credential to a new phone; undefined where it lives on none. */
  onPhone?(credential: Credential<C>): OnPhone | undefined;

  /** Loads what it needs before the first sign-in; throws ERR_CONFIG where the settings can't be honoured, and the gateway doesn't start. */
  start?(): Promise<void>;
  /** Stops what runs by itself, as refreshing trust. */
  close?(): Promise<void>;
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

/** A choice to be made, as the field `name`: the label is the message `issue.<name>`. */
export interface IssueChoice {
  name: string;
  options: readonly { value: string; label: Message }[];
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

/** What the account page offers; title, text and button are the factor's messages `issue.title`, `.text`, `.action`. */
export interface SelfService<C = unknown> {
  choices?: readonly IssueChoice[];
  /** How it stands, for the list of methods: "8 left". `warn` is something to act on. */
  state?(credential: Credential<C>): { message: Message; warn: boolean } | undefined;
}

/** What a factor's commands work on: the accounts, and this factor's credentials and records. */
export interface FactorDesk<C = unknown, P = unknown> {
  factor: Factor<C, P>;
  /** By user name or mail address, as people type it. */
  account(login: string): Promise<Account | undefined>;
  /** By our own id. */
  accountById(id: string): Promise<Account | undefined>;
  credentials(account: Account): Promise<Credential<C>[]>;
  /** The new one's id, or why there is none (`too-many-methods`, `method-taken`); audited as `credential.added`. */
  add(account: Account, credential: { name: string; data: C; lookup?: readonly string[] }): Promise<string | Message>;
  /** With what rests on it; audited as `credential.removed`. False if it isn't there. */
  remove(account: Account, id: string): Promise<boolean>;
  /** Audited as `credential.issued` with `facts`, before anything is answered. */
  issue(account: Account, options: IssueOptions, facts?: Record<string, string | number>): Promise<Shown>;
  /** The factor's own records and values, the same as its ports'. */
  records: RecordStore;
  state: StatePort;
  sealer: Sealer;
  /** Durable before it returns; `by: 'cli'` is added. */
  audit(event: AuditEvent): Promise<void>;
  now(): number;
  random(bytes: number): Uint8Array;
}

/** A wire to the account's directory, for the factor that asks it. */
export interface PasswordPort {
  verify(account: Account | undefined, password: string): Promise<'ok' | 'wrong' | 'unavailable'>;
}

/** Small durable values with compare-and-set. */
export interface StatePort {
  get(key: string): Promise<{ value: string; version: number } | undefined>;
  /** False when the version has moved on; version 0 creates. */
  set(key: string, value: string, version: number): Promise<boolean>;
}

/** How much of something may happen: counted for the whole installation, on all nodes together. */
export interface Budget {
  name: string;
  /** Whose it is: a number, an address; kept as a hash. */
  of: string;
  /** Absent, it is only counted. */
  most?: number;
  /** Milliseconds: windows one after the other, the same for everybody. */
  per: number;
  /** Not a window: this long between one and the next. */
  apart?: true;
  /** Everybody's: its end is an operator's affair, and `of` is no secret. */
  shared?: true;
}

/** `counts`: by name, with this one. `spent`: the name of the budget that refuses; `retryAfter`, milliseconds. */
export type Limited =
  | { allowed: true; counts: Readonly<Record<string, number>> }
  | { allowed: false; spent: string; retryAfter: number };

export interface LimitPort {
  /** Counts one against each; where one of them is spent, against none. */
  count(budgets: readonly Budget[]): Promise<Limited>;
  /** What was counted in the windows of `at`, epoch milliseconds, by name. */
  read(budgets: readonly Budget[], at: number): Promise<Readonly<Record<string, number>>>;
  /** Takes one back that was counted at `at`, epoch milliseconds; in a window that is over, nothing. */
  giveBack(budgets: readonly Budget[], at: number): Promise<void>;
}

/** Small values that pass between a page and another channel: in the ephemeral store, under the factor's own name. */
export interface ExchangePort {
  get(key: string): Promise<string | undefined>;
  /** Sets only if absent: of any number of callers one gets true. `ttl` in milliseconds. */
  add(key: string, value: string, ttl: number): Promise<boolean>;
  /** Reads and deletes: of any number of callers one gets the value. */
  take(key: string): Promise<string | undefined>;
  /** Replaces only if the present value is `expected`; without `ttl` the time left stays. */
  swap(key: string, expected: string, value: string, ttl?: number): Promise<boolean>;
  /** Tells the pages whose prompt `waits` for this key. */
  changed(key: string): Promise<void>;
}

/** The factor's own credentials, for what comes by another channel than a sign-in. */
export interface CredentialPort {
  byLookup(key: string): Promise<Credential | undefined>;
  ofAccount(account: string): Promise<Credential[]>;
  /** Compare-and-set; it isn't used by that. */
  update(credential: Credential, data: unknown): Promise<boolean>;
}

/** Everything out of the process comes through here. */
export interface FactorPorts {
  /** Epoch milliseconds. */
  now(): number;
  random(bytes: number): Uint8Array;
  password: PasswordPort;
  state: StatePort;
  /** The factor's own durable records; secrets in them are sealed first. */
  records: RecordStore;
  /** Seals for this factor alone. */
  sealer: Sealer;
  /** Sends by the configured senders, one after the other until one takes it; audited, without text and number. */
  send(message: Outgoing, account: string): Promise<Sent>;
  limit: LimitPort;
  exchange: ExchangePort;
  credentials: CredentialPort;
  /** Durable before it returns. */
  audit(event: AuditEvent): Promise<void>;
  /** What the institution calls itself, for names that authenticator apps show. */
  serviceName: string;
  /** The same in the languages offered, and which those are, as BCP 47 tags. */
  service: { name: LocalizedText; locales: readonly string[] };
  issuer: string;
  /** What the institution calls the name that people type, where that isn't the factor's own words. */
  identifier?: { label?: LocalizedText; hint?: LocalizedText };
  /** Ids that settings may name. */
  applications: readonly string[];
  /** Where an address may be, roughly, for people to recognise: `Leiden, Netherlands`. Undefined where nobody knows. */
  locate(ip: string, locale: string): string | undefined;
  /** What an application is called, by its id or a member's; what is unknown goes by its id. */
  nameOf(application: string): LocalizedText;
  /** Guarded: public addresses only, no redirects. */
  fetch(url: string | URL, init?: RequestInit): Promise<globalThis.Response>;
  log: LogPort;
}
