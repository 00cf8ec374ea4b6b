import { z } from 'zod';
import type { Credential } from '../../core/account.ts';

const base64url = (bytes: number) => z.string().regex(new RegExp(`^[A-Za-z0-9_-]{${Math.ceil((bytes * 4) / 3)}}$`));

/** A public key of the device's (RFC 7518 section 6.2): P-256, and nothing of a private one. */
export const jwk = z.strictObject({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: base64url(32),
  y: base64url(32),
});
export type Jwk = z.output<typeof jwk>;

/** A subscription of the Push API, with the receiver's keys of RFC 8291. */
export const subscription = z.object({
  endpoint: z.string().min(1).max(2_048),
  keys: z.object({ p256dh: base64url(65), auth: base64url(16) }),
});
export type Subscription = z.output<typeof subscription>;

/** Secret of the codes that the app shows without a network, base32. */
const codes = z.string().regex(/^[A-Z2-7]{32}$/);

export const device = z.strictObject({
  /** What the app names itself by; also the credential's lookup key. */
  device: z.string(),
  key: jwk,
  subscription: subscription.nullable(),
  codes,
});
export type Device = z.output<typeof device>;

export const credential = device.extend({
  /** The last step whose code was accepted: none up to it is accepted again (RFC 6238 section 5.2). */
  lastStep: z.int().min(0),
  /** When the push service said that the subscription is over, epoch milliseconds. */
  retired: z.int().optional(),
  /** Since when nothing is asked of it, because its owner said that a request was not theirs, epoch milliseconds. */
  suspended: z.int().optional(),
});
export type Data = z.output<typeof credential>;
export type Enrolled = Credential<Data>;

/** Nothing is asked of it: by its owner's word here, or because a sign-in was reported in or since which it was added. */
export const isSuspended = ({ data, suspendedAt }: Enrolled): boolean =>
  data.suspended !== undefined || suspendedAt !== undefined;

/** Whom an enrolment is for, and which names are taken. */
const person = { account: z.string(), locale: z.string().optional(), names: z.array(z.string()) };

/** Between prompt and answer. `token` lets a device register: it must be sealed at rest. */
export const pending = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('enrol'), ...person, token: z.string(), expires: z.int() }),
  z.strictObject({ kind: z.literal('confirm'), ...person, token: z.string(), name: z.string(), device }),
  /** `request`: absent where none could be sent. */
  z.strictObject({
    kind: z.literal('challenge'),
    account: z.string(),
    request: z.string().optional(),
    credentials: z.array(z.string()),
  }),
]);
export type Pending = z.output<typeof pending>;
export type Enrolling = Extract<Pending, { kind: 'enrol' }>;
export type Confirming = Extract<Pending, { kind: 'confirm' }>;
export type Challenging = Extract<Pending, { kind: 'challenge' }>;
