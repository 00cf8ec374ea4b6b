import type { z } from 'zod';
import type { Account, Credential } from './account.ts';
import type { Kind, Proof } from './assurance.ts';
import type { Challenge, Confirmed, FactorContext, Further, Proved, Refused, Waiting } from './challenge.ts';
import type { Command } from './directory.ts';
import type { AuditEvent } from './door.ts';
import type { FactorPorts, StatePort } from './factor-ports.ts';
import type {
  Assigned,
  Identified,
  IssueChoice,
  Issued,
  IssueOptions,
  OnPhone,
  SelfService,
  Shown,
} from './factor-powers.ts';
import type { Answer, Message, PromptKind } from './prompt.ts';
import type { FactorRoutes } from './route.ts';
import type { Sealer } from './seal.ts';
import type { OwnSealedPlace } from './sealed.ts';
import type { Channel } from './sender.ts';
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
