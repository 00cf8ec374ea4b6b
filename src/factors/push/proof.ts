import type { Proof } from '../../core/assurance.ts';

/**
 * Possession of the phone: a key of its own (`swk`), held (`pop`; RFC 8176 section 2). Never phishing-resistant: a page
 * in between shows the number as well as ours does.
 */
export function proofAt(at: number, amr: string[] = ['swk', 'pop']): Omit<Proof, 'credential'> {
  return { factor: 'push', amr, kinds: ['possession'], phishingResistant: false, attested: false, at };
}
