import { z } from 'zod';
import type { Credential } from '../../core/account.ts';
import { parseDuration } from '../../core/duration.ts';

const MINUTE = 60_000;
/** What a pass may live at least and at most, milliseconds: whatever the settings say. */
export const LEAST = 10 * MINUTE;
export const MOST = 43_200 * MINUTE;

/** Passes for one day. */
export const MOST_OF_A_DAY = 5;

const duration = z.string().transform((text, context) => {
  const value = parseDuration(text);
  if (value !== undefined && value >= LEAST && value <= MOST) return value;
  context.addIssue({ code: 'custom', message: 'write a duration from 10m to 30d' });
  return z.NEVER;
});

export const settings = z
  .strictObject({
    lifetime: z
      .strictObject({
        minimum: duration.default(LEAST),
        maximum: duration.default(MOST),
        default: duration.default(60 * MINUTE),
      })
      .prefault({}),
    /** Characters; each is one of 32. */
    length: z.int().min(8).max(48).default(8),
    /** For one sign-in, unless it is issued for several. */
    once: z.boolean().default(true),
  })
  .refine(({ lifetime }) => lifetime.minimum <= lifetime.default && lifetime.default <= lifetime.maximum, {
    path: ['lifetime', 'default'],
    message: 'must lie between minimum and maximum',
  });
export type Settings = z.infer<typeof settings>;

/** Times are epoch milliseconds. `uses` also makes two uses at the same moment one: it changes with each. */
export const credential = z.strictObject({
  salt: z.string(),
  hash: z.string(),
  starts: z.int(),
  expires: z.int(),
  once: z.boolean(),
  uses: z.int().min(0),
  /**
   * Several for a day without what one has: hashes of those left, with one salt, for each is good once. They set
   * nothing up, and `hash` is none of them.
   */
  day: z.array(z.string()).max(MOST_OF_A_DAY).optional(),
  /** Its owner gave it to themselves, as before a journey: it isn't asked for before what is at hand. */
  own: z.literal(true).optional(),
});
export type Data = z.infer<typeof credential>;
export type Pass = Credential<Data>;

/** Nothing has to be kept: a pass is one for the account, whichever sign-in it is shown in. */
export const pending = z.strictObject({});
export type Pending = z.infer<typeof pending>;
