import { z } from 'zod';
import { BLOCKLISTS, BUILT_IN, CHARACTER_CLASSES, RESET_WAYS } from '../../../accounts/passwords/index.ts';
import { duration, id, webAddress } from '../fields.ts';

const groups = (about: string) =>
  z
    .array(z.string().min(1))
    .min(1, { error: 'is empty: name at least one, or leave it out' })
    .optional()
    .describe(about);

const several = <T extends string>(values: readonly [T, ...T[]], about: string) =>
  z
    .array(z.enum(values))
    .transform((given) => [...new Set(given)].sort())
    .optional()
    .describe(about);

const never = z.literal('never');

const expiry = z.strictObject({
  after: duration('1d', '3650d').optional().describe('Age at which a password has expired'),
  remind: duration('1h', '365d').optional().describe('How long before that people are reminded'),
  mails: z
    .array(duration('1h', '365d'))
    .max(10)
    .transform((given) => [...new Set(given)].sort((one, other) => other - one))
    .optional()
    .describe('How long before that people are written to'),
  enforcedGroups: groups('Whom an expired password opens nothing for; absent: everybody whom the profile reaches'),
  enforced: z.boolean().optional().describe('false: people are only reminded'),
  disable: z.boolean().optional().describe('Whether the account is disabled until its owner changes it at sign-in'),
});

const lockout = z.strictObject({
  failures: z.int().min(1).max(100).optional().describe('Failures after which an account is locked'),
  duration: duration('1m', '1d').optional().describe('How long it stays locked'),
});

const reset = z.strictObject({
  effectiveAfter: duration('0s', '1d').optional().describe('How long after a reset the new password works'),
  ways: several(RESET_WAYS, 'What alone replaces the forgotten password of an account without a second factor'),
  legacySecretQuestions: z.boolean().optional().describe('Forbidden by NIST SP 800-63B-4; only beside another proof'),
});

/** Whatever is left out is as in the profile that it is `like`. */
const profile = z.strictObject({
  like: z
    .enum(Object.keys(BUILT_IN) as [keyof typeof BUILT_IN])
    .optional()
    .describe('Where it begins from; nist, or for classic itself'),
  groups: groups('People in any of these'),
  minimum: z.int().min(8).max(64).optional().describe('Fewest characters'),
  maximum: z.int().min(8).max(1024).optional().describe('Most characters'),
  bytes: z.int().min(8).max(1024).optional().describe('Most bytes of UTF-8; 112 is what every VPN client carries'),
  composition: several(CHARACTER_CLASSES, 'What there must be one of'),
  characters: z.enum(['any', 'printable-ascii']).optional().describe('Which characters there may be'),
  blocklists: several(BLOCKLISTS, 'What it may not be, or hold'),
  history: z.int().min(0).max(24).optional().describe('Former passwords that can’t be chosen again'),
  expiry: z.union([never, expiry]).optional().describe('When it must be changed without a reason'),
  lockout: z.union([never, lockout]).optional().describe('Wrong passwords; never: as the section lockout says'),
  secondFactor: z
    .enum(['always', 'as-asked'])
    .optional()
    .describe('always: the rules of policy ask these people for a second factor everywhere'),
  reset: reset.optional().describe('What becomes of a forgotten password'),
});

export type WrittenProfile = z.output<typeof profile>;

export const passwordPolicy = z
  .strictObject({
    minimum: z.int().min(8).max(64).optional().describe('Fewest characters of nist, where it says none itself'),
    default: id.default('nist').describe('The profile of whoever is in no group that one names'),
    profiles: z
      .record(id, profile)
      .default({})
      .describe('What passwords of whom must be; several join to the strictest'),
    adopt: z
      .enum(['sign-in', 'expiry'])
      .default('expiry')
      .describe('When a profile reaches passwords that there are: at a sign-in, or when they are changed'),
    spread: duration('0s', '365d').prefault('14d').describe('Over how long people are asked, not all on one day'),
    breached: z
      .union([
        z.strictObject({
          file: z.string().min(1).describe('SHA1:count lines in order, as Have I Been Pwned has them'),
        }),
        z.strictObject({
          range: webAddress.describe('A range service: https://api.pwnedpasswords.com/range'),
          whenAway: z.enum(['accept', 'refuse']).default('accept').describe('What it means that it can’t be asked'),
        }),
      ])
      .optional()
      .describe('Who knows which passwords have leaked'),
    names: z
      .array(z.string().min(1).max(256))
      .max(100)
      .default([])
      .describe('What the institution is called besides: abbreviations, former names, its town'),
  })
  .prefault({})
  .describe('What people’s passwords must be');
