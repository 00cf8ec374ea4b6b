import type { z } from 'zod';
import type { Account, Credential } from './account.ts';
import type { Kind } from './assurance.ts';
import type { Challenge, FactorContext, Proved, Refused, Waiting } from './challenge.ts';
import type { Command } from './directory.ts';
import type { FactorDesk } from './factor-desk.ts';
import type { FactorPorts } from './factor-ports.ts';
import type { Powers } from './factor-powers.ts';
import type { Examine } from './finding.ts';
import type { Answer, PromptKind } from './prompt.ts';
import type { OwnSealedPlace } from './sealed.ts';
import type { Channel } from './sender.ts';

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
  /** Those by which it asks where the others can't be presented; absent: it doesn't. */
  readonly otherwise?: readonly PromptKind[];
  /**
   * Which of its settings is missing for it to ask where these prompts alone can be presented; by default none is. Told
   * where the configuration is checked.
   */
  lacks?(settings: S, presents: readonly PromptKind[]): string | undefined;
  /**
   * Address of the script that looks, where a method is chosen, whether this browser has one built in, and then brings
   * the factor to the front by its texts `nearby.computer`, `nearby.device` and `nearby.pitch`. Absent: none has.
   */
  readonly nearby?: string;
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
  /** What is answered goes to the account's directory, which may count wrong ones and lock by itself. */
  readonly asksDirectory?: true;
  /** Most credentials of one account; by default 10. */
  maximum?(settings: S): number;
  /** Where it keeps sealed values besides its credentials. */
  readonly sealed?: readonly OwnSealedPlace[];
  /** Commands of the CLI, run where the data is owned; they name themselves, as `tokens import`. */
  readonly commands?: readonly Command<FactorDesk<C>>[];
  /** What `sallyport doctor` is told. */
  readonly examine?: Examine<S>;
  create(settings: S, ports: FactorPorts): Factor<C, P>;
}

/** What every factor does: it asks for a proof and checks it. What it can do besides are its powers. */
export interface Factor<C = unknown, P = unknown> extends Powers<C, P> {
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

  /** Whether it can be offered to this account now. */
  usable(account: Account, credentials: readonly Credential<C>[], context?: FactorContext): boolean;

  /**
   * Whether this answer could be right by chance, as a code can: by default, yes. Failures in a row of what can be
   * guessed are counted for good; a signature's aren't, or anybody could stop it.
   */
  guess?(answer: Answer): boolean;
}
