import type { Credential } from '../core/account.ts';
import type { Proof } from '../core/assurance.ts';
import type { EnabledFactor } from '../core/enabled-factor.ts';

/** What a factor proves at most, as if it just had: by itself, or with one of its credentials. */
export function atMost({ module, factor }: EnabledFactor, credential?: Credential): Proof {
  const { id, amr, kinds, strength } = module;
  const own = credential && factor.rates?.atMost(credential);
  return {
    factor: id,
    credential: credential?.id ?? id,
    amr: [...amr],
    kinds: [...(own?.kinds ?? kinds)],
    phishingResistant: own?.phishingResistant ?? strength?.phishingResistant ?? false,
    attested: own?.attested ?? strength?.attested ?? false,
    at: 0,
  };
}

/** The factor that opens a sign-in when nothing else is said: the first enabled one that can. */
export function openerOf(factors: ReadonlyMap<string, EnabledFactor>): EnabledFactor | undefined {
  return [...factors.values()].find(({ factor }) => factor.opens);
}
