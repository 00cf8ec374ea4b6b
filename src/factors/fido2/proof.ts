import type { Kind, Proof } from '../../core/assurance.ts';
import type { Flags } from './ceremony.ts';

/** Of what RFC 8176 and the OpenID EAP know: `pop` where nobody vouches that a key is in hardware. */
export const AMR = ['hwk', 'swk', 'pop', 'user'] as const;

/** With user verification. */
export const KINDS: Kind[] = ['possession', 'inherence'];

function keyMethod(flags: Flags, attested: boolean): string {
  if (flags.backupEligible) return 'swk';
  return attested ? 'hwk' : 'pop';
}

/**
 * What a ceremony proves, without the credential. User verification is a second kind beside possession. Whether it
 * was a PIN or a finger isn't told: `inherence` is claimed, so that a PIN known to the authenticator alone is never
 * taken for the password that the account's directory checks. `pin` and the like aren't claimed for the same reason.
 */
export function proofOf(flags: Flags, attested: boolean, at: number): Omit<Proof, 'credential'> {
  return {
    factor: 'fido2',
    amr: [keyMethod(flags, attested), 'user'],
    kinds: flags.uv ? [...KINDS] : ['possession'],
    phishingResistant: true,
    attested,
    at,
  };
}
