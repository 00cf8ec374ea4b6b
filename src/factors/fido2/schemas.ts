import { z } from 'zod';
import type { Credential } from '../../core/account.ts';

/** Base64url without padding. A credential id has at most 1,023 bytes (WebAuthn section 4). */
const bytes = (most: number) =>
  z
    .string()
    .regex(/^[A-Za-z0-9_-]*$/)
    .min(1)
    .max(Math.ceil((most * 4) / 3));
const credentialId = bytes(1023);
const transports = z.array(z.string().max(32)).max(8);

/** What was attested when the credential was made: the statement's signature and its chain have been verified. */
export const attestation = z.strictObject({
  format: z.string(),
  /** Fingerprints of the trust anchors that its certificates led to: it counts as long as one of them is trusted. */
  anchors: z.array(z.string()).min(1),
  /** Of Yubico's extension, `5.7.1`. */
  firmware: z.string().optional(),
  /** Attestation certificate key identifier, hex: names U2F models, which have no AAGUID. */
  keyIdentifier: z.string(),
});
export type Attestation = z.infer<typeof attestation>;

export const credential = z.strictObject({
  credentialId,
  /** COSE_Key (RFC 9052 section 7). */
  publicKey: bytes(4096),
  counter: z.int().min(0),
  transports,
  aaguid: z.string(),
  /** Flag BE: it may be synchronised; never changes (WebAuthn section 6.1.3). */
  backupEligible: z.boolean(),
  /** Flag BS, as last seen. */
  backedUp: z.boolean(),
  attestation: attestation.optional(),
  /** 32 random bytes, the same for all of an account's: nothing about the person is kept on a key. */
  userHandle: bytes(64),
  suspended: z.strictObject({ at: z.int(), reason: z.string() }).optional(),
});
export type Data = z.infer<typeof credential>;
export type Enrolled = Credential<Data>;

const challenge = bytes(32);
const application = z.string().optional();

export const pending = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('enrol'),
    challenge,
    userHandle: bytes(64),
    exclude: z.array(credentialId),
    /** Names taken, for the default one. */
    names: z.array(z.string()),
    locale: z.string().optional(),
    groups: z.array(z.string()).optional(),
    application,
  }),
  /** No more of them: nothing to confirm. */
  z.strictObject({ kind: z.literal('full') }),
  /** Opens a sign-in: whose it is, the answer says. */
  z.strictObject({ kind: z.literal('open'), challenge }),
  /** For an account that is known; `allow` empty: any of its own. */
  z.strictObject({
    kind: z.literal('challenge'),
    challenge,
    allow: z.array(credentialId),
    uv: z.boolean(),
    application,
  }),
]);
export type Pending = z.infer<typeof pending>;
export type Enrolment = Extract<Pending, { kind: 'enrol' }>;
