/** What a password must have one of: `letter` is a letter of any script and case. */
export const CHARACTER_CLASSES = ['letter', 'lower', 'upper', 'digit', 'symbol'] as const;
export type CharacterClass = (typeof CHARACTER_CLASSES)[number];

/**
 * What a new password is held against: what many people choose, what Chinese speakers do, what the institution is
 * called, what is known of the person, and what has leaked.
 */
export const BLOCKLISTS = ['common', 'chinese', 'institution', 'personal', 'breached'] as const;
export type Blocklist = (typeof BLOCKLISTS)[number];

/** What replaces the forgotten password of an account without a second factor: a code by mail, by text message, a saved one, one that the help desk gave. */
export const RESET_WAYS = ['mail', 'text', 'saved', 'issued'] as const;
export type ResetWay = (typeof RESET_WAYS)[number];

/**
 * What passwords of some people must be, and what becomes of them. Durations are milliseconds. Profiles join to the
 * strictest (`join.ts`), and so does each part of them.
 */
export interface PasswordProfile {
  /** Of which it was joined, sorted; it has no part in what the profile asks. */
  names: readonly string[];
  /** Unicode code points, after NFC (NIST SP 800-63B-4 section 3.1.1.2). */
  length: { minimum: number; maximum: number };
  /** UTF-8 at most. */
  bytes: number;
  /** One of each, sorted. */
  composition: readonly CharacterClass[];
  /** `printable-ascii`: U+0020 to U+007E, what every VPN client can send. */
  characters: 'any' | 'printable-ascii';
  /** Sorted. */
  blocklists: readonly Blocklist[];
  /** How many former passwords, beside the present one, can't be chosen again. */
  history: number;
  /** Absent: it is changed on evidence of compromise alone. */
  expiry?: PasswordExpiry;
  /** Absent: as the section `lockout` says. */
  lockout?: PasswordLockout;
  /** It is declared that a second factor is always asked; `config check` holds the policy's rules against it. */
  secondFactor: boolean;
  reset: PasswordReset;
}

export interface PasswordExpiry {
  /** Age at which it has expired. */
  after: number;
  /** How long before that people are reminded; no longer than `after` where it is used. */
  remind: number;
  /** How long before that they are written to, the longest first. */
  mails: readonly number[];
  /** Whether an expired one opens nothing before it is another one; else people are only reminded. */
  enforced: boolean;
  /** Whether the account is disabled then, until its owner changes the password at sign-in. */
  disable: boolean;
}

export interface PasswordLockout {
  failures: number;
  duration: number;
}

export interface PasswordReset {
  /** How long after a reset the new password works. */
  effectiveAfter: number;
  /** Any one of these is enough for an account without a second factor; sorted. None: only the help desk. */
  ways: readonly ResetWay[];
  /** What NIST SP 800-63B-4 forbids: off unless an operator writes it. */
  legacySecretQuestions: boolean;
}
