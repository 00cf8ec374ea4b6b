import type { Partings } from '../../core/parting.ts';
import type { SigningOut, Verified } from '../../core/upstream.ts';
import { createLogoutWriter, type IdentityProvider, type NameId, signerFor } from '../../saml/index.ts';
import { told } from './logout.ts';
import type { Own, OwnKeys } from './own.ts';
import { indexNamed } from './session.ts';
import type { Settings } from './settings.ts';

export interface SigningOutNeeds {
  now(): number;
  random(bytes: number): Uint8Array;
  own: Own;
  settings: Settings;
  keys(): Promise<OwnKeys>;
  /** Of whoever has this key; undefined where nothing of it is in force. */
  providerOf(key: string): Promise<IdentityProvider | undefined>;
  partings: Partings;
}

/** After it the request means nothing, milliseconds: the browser brings it at once. */
const GOOD = 5 * 60_000;

/** Where a browser can bring a LogoutRequest; nobody is signed out there by SOAP, for which no person has asked. */
const serviceOf = (provider: IdentityProvider | undefined) =>
  provider?.singleLogoutServices.find(({ binding }) => binding === 'redirect') ??
  provider?.singleLogoutServices.find(({ binding }) => binding === 'post');

/** Signing out there, by the person's own wish (saml-profiles section 4.4, begun by us). */
export function createSigningOut(needs: SigningOutNeeds): SigningOut & { remember(verified: Verified): Promise<void> } {
  const { now, own, settings, partings } = needs;
  const write = createLogoutWriter({ entityId: own.entityId, now, random: needs.random });
  return {
    async remember({ person, parting }) {
      if (parting !== undefined && serviceOf(await needs.providerOf(person.key)))
        await partings.keep(person.key, parting);
    },

    can: async ({ key }) => (await partings.of(key)) !== undefined,

    async begin({ key, session }) {
      const [kept, provider] = await Promise.all([partings.of(key), needs.providerOf(key)]);
      const service = serviceOf(provider);
      if (kept === undefined || provider === undefined || service === undefined) return undefined;
      const signing = (await needs.keys()).signing;
      const request = write.request({
        ...{ binding: service.binding, destination: service.location },
        nameId: JSON.parse(kept) as NameId,
        sessionIndexes: session === undefined ? [] : [indexNamed(session, settings)],
        notOnOrAfter: now() + GOOD,
        signer: signerFor(signing, provider, settings.algorithm, settings.algorithm),
      });
      const answer = told(request, service.location);
      return 'redirect' in answer ? { address: answer.redirect } : 'form' in answer ? answer : undefined;
    },
  };
}
