import type { PasswordExpiry, PasswordLockout, PasswordProfile, PasswordReset } from './profile.ts';

const { min, max } = Math;

/**
 * The strictest of two, part by part: whoever meets it meets both. It is the join of a semilattice (commutative,
 * associative, idempotent), so that neither order nor number of the profiles that match somebody ever matters.
 */
export function join(a: PasswordProfile, b: PasswordProfile): PasswordProfile {
  const expiry = both(a.expiry, b.expiry, joinExpiry);
  const lockout = both(a.lockout, b.lockout, joinLockout);
  return {
    names: union(a.names, b.names),
    length: { minimum: max(a.length.minimum, b.length.minimum), maximum: min(a.length.maximum, b.length.maximum) },
    bytes: min(a.bytes, b.bytes),
    composition: union(a.composition, b.composition),
    characters: a.characters === b.characters ? a.characters : 'printable-ascii',
    blocklists: union(a.blocklists, b.blocklists),
    history: max(a.history, b.history),
    ...(expiry && { expiry }),
    ...(lockout && { lockout }),
    secondFactor: a.secondFactor || b.secondFactor,
    reset: joinReset(a.reset, b.reset),
  };
}

/** Whether some password meets it: `minimum` characters must be within `maximum`, and fit as one byte each. */
export function isMeetable({ length: { minimum, maximum }, bytes }: PasswordProfile): boolean {
  return minimum <= min(maximum, bytes);
}

function joinExpiry(a: PasswordExpiry, b: PasswordExpiry): PasswordExpiry {
  return {
    after: min(a.after, b.after),
    remind: max(a.remind, b.remind),
    mails: [...new Set([...a.mails, ...b.mails])].sort((one, other) => other - one),
    enforced: a.enforced || b.enforced,
    disable: a.disable || b.disable,
  };
}

function joinLockout(a: PasswordLockout, b: PasswordLockout): PasswordLockout {
  return { failures: min(a.failures, b.failures), duration: max(a.duration, b.duration) };
}

function joinReset(a: PasswordReset, b: PasswordReset): PasswordReset {
  return {
    effectiveAfter: max(a.effectiveAfter, b.effectiveAfter),
    ways: a.ways.filter((way) => b.ways.includes(way)),
    legacySecretQuestions: a.legacySecretQuestions && b.legacySecretQuestions,
  };
}

/** A part that may be absent, which asks for nothing. */
function both<T>(a: T | undefined, b: T | undefined, joined: (a: T, b: T) => T): T | undefined {
  return a && b ? joined(a, b) : (a ?? b);
}

function union<T extends string>(a: readonly T[], b: readonly T[]): T[] {
  return [...new Set([...a, ...b])].sort();
}
