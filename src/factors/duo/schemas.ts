import { z } from 'zod';

/** Whom Duo is asked about: an answer about anybody else is none. */
const whom = { account: z.string(), username: z.string() };

/** A page leads to Duo's. */
const leading = z.strictObject({ kind: z.literal('leading'), ...whom });

/** Somebody has left for Duo's page. */
const left = z.strictObject({
  kind: z.literal('left'),
  ...whom,
  nonce: z.string(),
  back: z.string(),
});

/** By the Auth API: a push that is under way, or none, and a passcode can be typed. */
const asked = z.strictObject({
  kind: z.literal('asked'),
  ...whom,
  /** Key of the exchange where the push's end is told, and when it ends by itself: epoch milliseconds. */
  push: z.strictObject({ key: z.string(), expires: z.number() }).optional(),
  /** The address that asked, for Duo's own rules about networks. */
  ip: z.string().optional(),
  /** Duo wouldn't have them pass, whatever they show. */
  shut: z.string().optional(),
});

export const pending = z.discriminatedUnion('kind', [leading, left, asked]);
export type Pending = z.output<typeof pending>;
export type Leading = z.output<typeof leading>;
export type Left = z.output<typeof left>;
export type Asked = z.output<typeof asked>;
