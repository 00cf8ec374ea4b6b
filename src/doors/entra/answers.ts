import { SignJWT } from 'jose';
import { isSecondFactor, type Proof } from '../../core/assurance.ts';
import type { DoorPorts } from '../../core/door.ts';
import type { Keyring } from '../../core/keyring.ts';
import { type EntraRequest, METHODS } from './request.ts';
import type { Tenant } from './settings.ts';

/** Life of an answer, seconds. */
const LIFE = 300;
/** What is claimed where no class was asked for. */
const USUAL = 'possessionorinherence';

/** What goes back to Entra, as fields of a form. */
export type AnswerFields = Readonly<Record<string, string>>;

/** One class and one method, both of those that were asked for. */
export interface Shown {
  acr: string;
  amr: string;
}

/**
 * The one class that is answered: none of ours is knowledge, so a class has to name possession, or inherence where
 * somebody's own features were looked at. Undefined where none of those asked does.
 */
export function classOf({ acr }: Pick<EntraRequest, 'acr'>, proofs: readonly Proof[] = []): string | undefined {
  if (acr.length === 0) return USUAL;
  const inherent = proofs.some(({ kinds }) => kinds.includes('inherence'));
  return (
    acr.find((one) => one.includes('possession')) ??
    (inherent ? acr.find((one) => one.includes('inherence')) : undefined)
  );
}

/** Names of what was shown, the most telling first, as Entra knows them. */
function namesOf({ amr, phishingResistant }: Proof): string[] {
  return [...(phishingResistant ? ['fido'] : []), ...amr].filter((one) => METHODS.some((known) => known === one));
}

/** What of the proofs can be answered; undefined: only what somebody knows is left, or nothing that was asked for. */
export function shownOf(request: EntraRequest, proofs: readonly Proof[]): Shown | undefined {
  const second = proofs.filter(isSecondFactor);
  const acr = classOf(request, second);
  const amr = second.flatMap(namesOf).find((one) => request.amr.length === 0 || request.amr.includes(one));
  return acr === undefined || amr === undefined ? undefined : { acr, amr };
}

export function createAnswers({ now }: Pick<DoorPorts, 'now'>, keys: Keyring, issuerOf: (tenant: Tenant) => string) {
  const kept = ({ state }: EntraRequest): AnswerFields => (state === undefined ? {} : { state });

  return {
    /** A statement for this one request: of Entra's own name for the person, and no more of them. */
    async shown(tenant: Tenant, request: EntraRequest, sub: string, { acr, amr }: Shown): Promise<AnswerFields> {
      const { id, privateKey } = keys.active('RS256');
      const at = Math.floor(now() / 1000);
      const { nonce } = request;
      const token = await new SignJWT({ ...(nonce === undefined ? {} : { nonce }), acr, amr: [amr] })
        .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: id })
        .setIssuer(issuerOf(tenant))
        .setAudience(tenant.settings.clientId)
        .setSubject(sub)
        .setIssuedAt(at)
        .setNotBefore(at)
        .setExpirationTime(at + LIFE)
        .sign(privateKey);
      return { id_token: token, ...kept(request) };
    },

    /** They didn't, or can't. */
    refused: (request: EntraRequest, description: string): AnswerFields => ({
      ...{ error: 'access_denied', error_description: description },
      ...kept(request),
    }),
  };
}

export type Answers = ReturnType<typeof createAnswers>;
