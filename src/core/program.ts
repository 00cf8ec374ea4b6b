import type { LimitPort } from './limit.ts';

/** What follows from what was done to people. */
export interface Consequences {
  /** People (directory keys) whose sessions, tokens and remembered devices must end with this. */
  revoke?: string[];
  /** People whose password is another one now: a hold that waits for that is over. */
  renewed?: string[];
  /** For the audit: what was done to whom. */
  audit?: { event: string; key?: string; detail?: Record<string, string | number> }[];
}

/**
 * An interface for programs, which a plug-in answers by itself: no cookie counts there. The web layer reads, counts
 * addresses, and carries out what follows.
 */
export interface ProgramRoutes {
  /** All of it lies below this path at the issuer. */
  readonly base: `/${string}`;
  /** Media types of bodies, which are JSON. */
  readonly types: readonly string[];
  /** Bytes of a body at most. */
  readonly longest: number;
  handle(call: ProgramCall): Promise<ProgramAnswer>;
  /** Likewise for what never reached `handle`, and for what it threw. */
  refused(status: number, detail: string): ProgramAnswer;
}

export interface ProgramCall {
  method: string;
  /** Below `base`, as it was sent. */
  path: string;
  query: Readonly<Record<string, string | string[]>>;
  authorization?: string;
  ifMatch?: string;
  ifNoneMatch?: string;
  /** Read when it is asked for, so that strangers have none read: undefined where none was sent. Once. */
  body(): Promise<unknown>;
  /** What requests from it are counted under. */
  address: string;
  /** The address of `base`. */
  url: string;
  limit: LimitPort;
  /** In force, and durable, before it returns. `by`: who did it, for the audit. */
  follow(consequences: Consequences, by: string): Promise<void>;
}

/** `json`: absent, there is no body. */
export interface ProgramAnswer {
  status: number;
  headers?: Readonly<Record<string, string>>;
  type: string;
  json?: unknown;
}
