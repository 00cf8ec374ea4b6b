import type { Answer } from './prompt.ts';
import { directoryOfUpstream } from './said.ts';

/**
 * A way out of the gateway's pages and back. The gateway makes it when the person leaves, binds it to their browser, to
 * the step of the sign-in and to whoever sends them, and lets it come back once.
 */
export interface Trip {
  /** 256 random bits, base64url: it has to come back as it is, in the parameter that `Leaving.returns` names. */
  state: string;
  /** Address at the issuer that the answer has to come to: one of its own for each that sends people elsewhere. */
  back: string;
  /** The language of the page, BCP 47. */
  locale: string;
}

/** Where the browser goes: to an address, or by a form that its page sends there. */
export type Destination = { address: string } | { form: { action: string; fields: Readonly<Record<string, string>> } };

export type Departure<P> = Destination & {
  /** Kept sealed until the answer is there. */
  pending: P;
};

/** What came back, before anything of it is believed. */
export interface Returned {
  by: 'query' | 'form';
  /** One of each name; a name that came twice isn't there. */
  fields: Answer;
  /** As it was sent, for signatures over octets. */
  raw: string;
}

/** What everybody says who sends people elsewhere. */
export interface Leaving {
  /** The parameter in which `Trip.state` comes back: `state`, or `RelayState`. */
  readonly returns: string;
  /** Bytes that an answer may have; by default 64 KiB. */
  readonly longest?: number;
  /**
   * An answer to no question of ours means that somebody there wants to come here: nothing of it is read, and a sign-in
   * of our own begins. Absent: it is refused.
   */
  readonly invites?: true;
}

/** Where answers come back: an address of its own for each, so that none can be taken for another's (RFC 9700 section 4.4.2). */
export function returnPathOf(source: string): string {
  const directory = directoryOfUpstream(source);
  return directory === undefined ? `/return/factors/${source}` : `/return/directories/${directory}`;
}
