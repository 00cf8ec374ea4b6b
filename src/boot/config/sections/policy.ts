import { z } from 'zod';
import { LEVELS } from '../../../core/assurance.ts';
import { date, duration, moment } from '../fields.ts';

/** An empty list would match everything, or allow nothing: neither is what its writer means. */
function names(about: string) {
  return z
    .array(z.string().min(1))
    .min(1, { error: 'is empty: name at least one, or leave it out' })
    .optional()
    .describe(about);
}

const remember = z.union([z.literal('never'), duration('1m', '365d')], {
  error: 'must be never, or a duration such as 12h or 30d',
});

const connection = z.union([z.literal('never'), duration('1m', '30d')], {
  error: 'must be never, or a duration such as 12h',
});

const withoutDirectory = z.union([z.literal('never'), duration('5m', '7d')], {
  error: 'must be never, or a duration from 5m to 7d',
});

const period = z.strictObject({
  from: date.optional().describe('From this date on; absent: since ever'),
  until: date.optional().describe('Before this date; absent: for ever'),
  use: z.array(z.string().min(1)).min(1, { error: 'is empty: name at least one' }).describe('By any of these'),
});

/** Names, or names by date. */
const factors = z
  .union([z.array(z.string().min(1)), z.array(period)], {
    error: 'must be a list of factors, or of periods such as { from: 2027-07-01, until: 2027-09-01, use: […] }',
  })
  .refine((list) => list.length > 0, { error: 'is empty: name at least one, or leave it out' });

/** One rule of the policy, as `core/policy` describes it. */
const rule = z.strictObject({
  name: z.string().min(1).describe('Said in explanations and in the audit; unique'),
  applications: names('Matches these applications; absent: all'),
  groups: names('Matches people in any of these groups'),
  notGroups: names('Matches people in none of these groups'),
  networks: names('Matches addresses in any of these networks'),
  notNetworks: names('Matches addresses in none of these networks'),
  level: z.enum(LEVELS).optional().describe('Least assurance level'),
  freshness: duration('1m', '365d').optional().describe("Greatest age of this session's proofs"),
  factors: factors.optional().describe('Factors that may provide what comes after knowledge: always, or by date'),
  remember: remember.optional().describe('How old the proofs of a remembered browser may be'),
  connection: connection
    .optional()
    .describe(
      'How old the second factor may be that a live connection, as a VPN’s, began with, for who comes through it',
    ),
  firstEnrolment: z.boolean().optional().describe('Whether the first method may be enrolled during such a sign-in'),
  deny: z.boolean().optional().describe('Refuses such sign-ins'),
  dangerouslyWithoutDirectory: withoutDirectory
    .optional()
    .describe('While a directory is away, its people get in by a passkey, on a last known state no older than this'),
  from: moment.optional().describe('Contributes nothing before this date'),
  grace: duration('1h', '365d')
    .optional()
    .describe("Contributes nothing, this long after its date or the account's creation, to people without a method"),
});

/** An enrolment that is suggested after a sign-in, and can be put off. */
const suggestion = z.strictObject({
  factor: z.string().min(1).describe('What to suggest setting up'),
  groups: names('To people in any of these groups; absent: everybody'),
  notGroups: names('To people in none of these groups'),
  snooze: duration('1h', '14d').prefault('14d').describe('How long "Not now" holds'),
  times: z.int().min(1).max(10).default(3).describe('How often it is suggested to one person at most'),
});

const listed = (about: string, most: number) =>
  z.array(z.string().min(1)).min(1, { error: 'is empty: name at least one' }).max(most).describe(about);

/** People who are led from one method to another, in a time of its own. */
const campaign = z.strictObject({
  name: z.string().min(1).max(60).describe('Said in the audit and in reports; unique'),
  groups: listed('People in any of these groups', 50),
  leaves: listed('Factors that they are led away from', 10),
  to: listed('Factors that they are led to, as they are offered: whoever has any of these is through', 10),
  from: date.describe('From this date on they are led, and written to'),
  end: date.describe('Before this date; it is named to people'),
  reminders: z
    .array(duration('1d', '180d'))
    .max(6)
    .prefault(['30d', '7d', '1d'])
    .describe('When they are written to again: so long before the end'),
  snooze: duration('1h', '90d').prefault('7d').describe('How long "Not now" holds'),
});

export const policy = z
  .strictObject({
    rules: z.array(rule).default([]),
    campaigns: z.array(campaign).max(50).default([]).describe('People who are led from one method to another'),
    remindBefore: z
      .array(duration('1d', '180d'))
      .max(6)
      .prefault(['30d', '7d', '1d'])
      .describe(
        'When people are written to who have nothing for the time after a date of `factors`: so long before it',
      ),
    suggestions: z.array(suggestion).default([]).describe('Enrolments suggested after a sign-in'),
  })
  .prefault({})
  .describe('All rules that match join; where none does, mfa is required');

/** Words for what a sign-in reached. */
export const assurance = z
  .strictObject({ acr: z.record(z.string().min(1), z.enum(LEVELS)).default({}) })
  .prefault({})
  .describe('Further acr values and the level that each stands for');
