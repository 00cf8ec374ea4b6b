import type { z } from 'zod';
import type { Account, Credential } from './account.ts';
import type { Kind, Proof } from './assurance.ts';
import type { LogPort } from './door.ts';
import type { Answer, Message, Prompt, PromptKind } from './prompt.ts';

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
  readonly settings: z.ZodType<S>;
  /** Shape of a stored credential's `data`. */
  readonly credential: z.ZodType<C>;
  /** Shape of what is kept between prompt and answer. */
  readonly pending: z.ZodType<P>;
  create(settings: S, ports: FactorPorts): Factor<C, P>;
}

export interface Challenge<P> {
  prompt: Prompt;
  pending: P;
}

/** What a factor makes of an answer. */
export type Refused = {
  outcome: 'refused';
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
export type Confirmed<C> = {
  outcome: 'confirmed';
  data: C;
  /** Default name, until the person gives another. */
  name: string;
  /** Keys under which the credential can be found before the account is known. */
  lookup?: string[];
  /** Confirming can prove possession as well. */
  proof?: Omit<Proof, 'credential'>;
};

/** Who is signing in, before or after the account is known. */
export type Identified = { username: string } | { lookup: string };

/** For whom and for what a factor works, beyond the account. */
export interface FactorContext {
  /** The application that the sign-in is for; absent where methods are managed. */
  application?: string;
  /** The answer has to open the sign-in by itself, as a first factor does: nothing that was proven before counts. */
  opening?: boolean;
}

export interface Factor<C = unknown, P = unknown> {
  /** Begins enrolment: what to show, and what to keep until it is confirmed. */
  enrol?(account: Account, existing: readonly Credential<C>[], context?: FactorContext): Promise<Challenge<P>>;
  confirm?(pending: P, answer: Answer): Promise<Confirmed<C> | Refused>;

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

  /** Opens a sign-in by itself, before the account is known. */
  first?: {
    begin(hint?: string): Promise<Challenge<P>>;
    /** Whose credential to look for. */
    identify(pending: P, answer: Answer): Promise<Identified | Refused>;
  };

  /** Most credentials of one account; by default 10. */
  readonly maximum?: number;

  /** Whether it can be offered to this account now; by default, if a credential is enrolled. */
  usable?(account: Account, credentials: readonly Credential<C>[], context?: FactorContext): boolean;

  /** What this credential can prove at most, now; by default what the module can. No kinds: it is suspended. */
  atMost?(credential: Credential<C>): Pick<Proof, 'kinds' | 'phishingResistant' | 'attested'>;

  /**
   * Looks at a credential again wherever an earlier proof of it would count, for this application and now: what
   * was accepted for one application, or yesterday, may not be for another, or today.
   */
  review?(credential: Credential<C>, account: Account, context: FactorContext): 'attested' | 'unattested' | 'refused';

  /** Documents that browsers look for at fixed addresses: path and JSON. */
  readonly published?: readonly { path: `/.well-known/${string}`; body: unknown }[];

  /** Loads what it needs before the first sign-in; throws ERR_CONFIG where the settings can't be honoured, and the gateway doesn't start. */
  start?(): Promise<void>;
  /** Stops what runs by itself, as refreshing trust. */
  close?(): Promise<void>;
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

/** Everything out of the process comes through here. */
export interface FactorPorts {
  /** Epoch milliseconds. */
  now(): number;
  random(bytes: number): Uint8Array;
  password: PasswordPort;
  state: StatePort;
  /** What the institution calls itself, for names that authenticator apps show. */
  serviceName: string;
  issuer: string;
  /** Ids that settings may name. */
  applications: readonly string[];
  /** Guarded: public addresses only, no redirects. */
  fetch(url: string | URL, init?: RequestInit): Promise<globalThis.Response>;
  log: LogPort;
}
