import { z } from 'zod';
import type { Credential } from '../../core/account.ts';

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
});
export type Settings = z.infer<typeof settings>;

const parameters = { secret, algorithm, digits, period };

/** `lastStep`: the last step accepted; no step up to it is accepted again (RFC 6238 section 5.2). */
export const credential = z.strictObject({ ...parameters, lastStep: z.int().min(0) });
export type Data = z.infer<typeof credential>;
export type Enrolled = Credential<Data>;

/** Between prompt and answer. Enrolment keeps the new secret: it must be sealed at rest. */
export const pending = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('enrol'), ...parameters, name: z.string() }),
  z.strictObject({ kind: z.literal('challenge'), credentials: z.array(z.string()) }),
]);
export type Pending = z.infer<typeof pending>;
