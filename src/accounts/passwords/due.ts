import { createHash } from 'node:crypto';
import type { PasswordProfile } from './profile.ts';

/** What is known of somebody's password. Times are epoch milliseconds. */
export interface PasswordFacts {
  account: string;
  /** When it became what it is, as far as anybody knows. */
  changedAt?: number;
  /** Since when their profile reaches them. */
  since: number;
}

/** A part of 1, the same for an account each time, and spread evenly over accounts. */
function shareOf(account: string): number {
  return createHash('sha256').update(`password due ${account}`).digest().readUInt32BE() / 2 ** 32;
}

/** When a profile reaches somebody who has a password from before it: the spread's part of theirs later. */
export function reachesAt({ account, since }: PasswordFacts, spread: number): number {
  return since + Math.floor(shareOf(account) * spread);
}

/**
 * When it has expired; undefined is never. One from before its profile isn't past before its owner was reminded, and
 * not everybody's on one day. Where nobody knows how old it is, it counts from when the profile reached its owner.
 */
export function expiresAt(facts: PasswordFacts, { expiry }: PasswordProfile, spread: number): number | undefined {
  if (expiry === undefined) return undefined;
  const { changedAt = facts.since, since } = facts;
  const expires = changedAt + expiry.after;
  if (changedAt >= since) return expires;
  return Math.max(expires, reachesAt(facts, spread) + Math.min(expiry.remind, expiry.after));
}
