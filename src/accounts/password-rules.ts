import type { Message } from '../core/prompt.ts';

/** What a new password must be. */
export interface PasswordPolicy {
  /** Fewest characters: Unicode code points, after NFC. */
  minimum: number;
  /** What this service calls itself: the first thing that is guessed after the user name. */
  names: readonly string[];
}

/** Most bytes of UTF-8 that any password may have: more would only buy an attacker hashing time. */
const MOST_BYTES = 1024;

/** Shorter names than this would refuse far too much; a Han character says as much as some letters. */
const SHORTEST = 4;

/** The password as it is kept: NFC, as whoever checks it normalises (RFC 8265 section 4.2). */
export function normalPassword(typed: string): string {
  return typed.normalize('NFC');
}

/**
 * All that speaks against a new password; none is none. Whether it is the old one only its directory can tell.
 * `username` is the account's.
 */
export function passwordFaults(typed: string, username: string, { minimum, names }: PasswordPolicy): Message[] {
  const text = normalPassword(typed);
  const faults: Message[] = [];
  if ([...text].length < minimum) faults.push({ key: 'new-password.too-short', values: { count: minimum } });
  if (Buffer.byteLength(text) > MOST_BYTES) faults.push({ key: 'new-password.too-long' });
  if (!text.isWellFormed() || /\p{Cc}/u.test(text)) faults.push({ key: 'new-password.unacceptable' });
  if (holds(text, username)) faults.push({ key: 'new-password.username' });
  if (names.some((name) => holds(text, name))) faults.push({ key: 'new-password.service' });
  return faults;
}

/** Letters and digits alone, whatever their case, width and what stands between them. */
function bare(text: string): string {
  return text
    .toWellFormed()
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
}

function holds(text: string, name: string): boolean {
  const sought = bare(name);
  const weight = [...sought].reduce((sum, character) => sum + (/\p{Script=Han}/u.test(character) ? 2 : 1), 0);
  return weight >= SHORTEST && bare(text).includes(sought);
}
