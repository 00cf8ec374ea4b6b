import { createHash } from 'node:crypto';
import { z } from 'zod';

/** What a ceremony must have been about. */
export interface Expected {
  type: 'webauthn.create' | 'webauthn.get';
  challenge: string;
  origins: readonly string[];
  rpId: string;
  /** User verification is required. */
  uv: boolean;
}

export type CeremonyFault =
  | 'malformed'
  | 'type'
  | 'challenge'
  | 'origin'
  | 'cross-origin'
  | 'rp-id'
  | 'user-presence'
  | 'user-verification'
  | 'backup-flags';

/** Flags of authenticator data (WebAuthn section 6.1). */
export interface Flags {
  up: boolean;
  uv: boolean;
  backupEligible: boolean;
  backedUp: boolean;
  counter: number;
}

/** Of CollectedClientData (WebAuthn section 5.8.1) what is checked; browsers may add to it. */
const clientData = z.object({
  type: z.string(),
  challenge: z.string(),
  origin: z.string(),
  crossOrigin: z.boolean().optional(),
  topOrigin: z.string().optional(),
});

function clientDataOf(encoded: string): z.infer<typeof clientData> | undefined {
  try {
    return clientData.safeParse(JSON.parse(Buffer.from(encoded, 'base64url').toString('utf8'))).data;
  } catch {
    return undefined;
  }
}

const PREFIX = 37;

/** The fixed part of authenticator data: hash of the rpId, flags, counter. */
export function flagsOf(data: Uint8Array): Flags {
  const flags = data[32] ?? 0;
  const has = (bit: number) => (flags & (1 << bit)) !== 0;
  const counter = Buffer.from(data).readUInt32BE(33);
  return { up: has(0), uv: has(2), backupEligible: has(3), backedUp: has(4), counter };
}

/**
 * What is wrong with a ceremony, before any signature is looked at (WebAuthn section 7.1 steps 7 to 18,
 * section 7.2 steps 11 to 19). Nobody may embed the pages, so a ceremony in a frame isn't ours.
 */
export function ceremonyFault(encoded: string, data: Uint8Array, expected: Expected): CeremonyFault | undefined {
  const client = clientDataOf(encoded);
  if (client === undefined || data.length < PREFIX) return 'malformed';
  if (client.type !== expected.type) return 'type';
  if (client.challenge !== expected.challenge) return 'challenge';
  if (!expected.origins.includes(client.origin)) return 'origin';
  if (client.crossOrigin || client.topOrigin !== undefined) return 'cross-origin';
  const rpIdHash = createHash('sha256').update(expected.rpId).digest();
  if (!rpIdHash.equals(data.subarray(0, 32))) return 'rp-id';
  const flags = flagsOf(data);
  if (!flags.up) return 'user-presence';
  if (expected.uv && !flags.uv) return 'user-verification';
  return flags.backedUp && !flags.backupEligible ? 'backup-flags' : undefined;
}
