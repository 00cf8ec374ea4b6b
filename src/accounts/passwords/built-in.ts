import type { PasswordProfile } from './profile.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;

/** Most bytes of UTF-8 that any password may have: more would only buy an attacker hashing time. */
export const MOST_BYTES = 1024;

/** NIST SP 800-63B-4 section 3.1.1.2: fewest characters beside a second factor, and alone. */
export const WITH_SECOND_FACTOR = 8;
const ALONE = 15;

type BuiltIn = Omit<PasswordProfile, 'names'>;

/** NIST SP 800-63B-4 section 3.1.1: long, of any characters, none that many use, and no change without a reason. */
const nist: BuiltIn = {
  length: { minimum: ALONE, maximum: 128 },
  bytes: MOST_BYTES,
  composition: [],
  characters: 'any',
  blocklists: ['breached', 'chinese', 'common', 'institution', 'personal'],
  history: 0,
  secondFactor: false,
  reset: { effectiveAfter: 0, ways: ['issued', 'mail', 'saved', 'text'], legacySecretQuestions: false },
};

/** What many universities have promised for decades: short, composed, changed twice a year. */
const classic: BuiltIn = {
  ...nist,
  length: { minimum: 10, maximum: 18 },
  composition: ['digit', 'letter'],
  history: 3,
  expiry: { after: 180 * DAY, remind: 14 * DAY, mails: [14 * DAY, 7 * DAY, DAY], enforced: true, disable: true },
  lockout: { failures: 8, duration: 30 * MINUTE },
  reset: { ...nist.reset, effectiveAfter: 10 * MINUTE },
};

/** Profiles that need no configuration, and that others begin from. */
export const BUILT_IN = { nist, classic } as const;
export type BuiltInName = keyof typeof BUILT_IN;
