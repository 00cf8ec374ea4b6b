import { z } from 'zod';
import type { Credential } from '../../core/account.ts';
import { serial } from './tokens/token.ts';

const algorithm = z.enum(['SHA1', 'SHA256']);
const digits = z.union([z.literal(6), z.literal(8)]);
const period = z.union([z.literal(30), z.literal(60)]);
const secret = z.string().regex(/^[A-Z2-7]{32,64}$/, 'base32, 20 to 40 bytes');

/** What new authenticators get; enrolled ones keep what they were enrolled with. */
export const settings = z.strictObject({
  /** SHA-1 because some apps ignore the parameter and always compute with it; HMAC doesn't rest on collisions. */
  algorithm: algorithm.default('SHA1'),
  digits: digits.default(6),
  /** Seconds. */
  period: period.default(30),
  /** Steps accepted before and after the present one (RFC 6238 section 5.2 recommends at most one). */
  window: z.int().min(0).max(2).default(1),
  /** As shown in the app; by default what the institution calls itself. */
  issuer: z.string().trim().min(1).max(64).optional(),
  /** Hardware tokens that were imported. */
  tokens: z
    .strictObject({
      /** Whether people may claim one that nobody holds, by its serial number and two consecutive codes. */
      claim: z.boolean().default(true),
      /** Steps accepted before and after the present one: a token's clock drifts, and isn't set. */
      window: z.int().min(0).max(5).default(2),
      /** Codes accepted beyond the next one, for those with a counter: presses that went nowhere (RFC 4226 section 7.4). */
      lookAhead: z.int().min(0).max(50).default(10),
      /** How far two consecutive codes are looked for, in steps or presses. */
      resync: z.int().min(10).max(1000).default(100),
    })
    .prefault({}),
});
export type Settings = z.infer<typeof settings>;

const parameters = { secret, algorithm, digits, period };

/** An app: `lastStep` is the last step accepted; no step up to it is accepted again (RFC 6238 section 5.2). */
const app = z.strictObject({ ...parameters, lastStep: z.int().min(0) });
/** A hardware token, by serial number: its secret and what is used up stand in the token's own record. */
const held = z.strictObject({ serial, digits });
export const credential = z.union([app, held]);
export type AppData = z.infer<typeof app>;
export type HeldData = z.infer<typeof held>;
export type Data = z.infer<typeof credential>;
export type Enrolled = Credential<Data>;

export function isApp(credential: Enrolled): credential is Credential<AppData> {
  return 'secret' in credential.data;
}

export function isHeld(credential: Enrolled): credential is Credential<HeldData> {
  return 'serial' in credential.data;
}

/** Whom an enrolment is for, and which names are taken. */
const person = z.strictObject({
  id: z.string(),
  username: z.string(),
  locale: z.string().optional(),
  names: z.array(z.string()),
});
export type Person = z.infer<typeof person>;

/** Who chooses; `held`: the account's own tokens, credential by serial number. */
const chooser = z.strictObject({ account: person, held: z.record(z.string(), z.string()) });
export type Chooser = z.infer<typeof chooser>;

/** Between prompt and answer. Enrolment keeps the new secret: it must be sealed at rest. */
export const pending = z.discriminatedUnion('kind', [
  /** `chosen`: there was a choice, to which one can go back. */
  z.strictObject({ kind: z.literal('enrol'), ...parameters, name: z.string(), chosen: chooser.optional() }),
  /** Which of the two is to be set up. */
  z.strictObject({ kind: z.literal('choose'), ...chooser.shape }),
  z.strictObject({ kind: z.literal('claim'), ...chooser.shape }),
  z.strictObject({ kind: z.literal('challenge'), credentials: z.array(z.string()) }),
]);
export type Pending = z.infer<typeof pending>;
