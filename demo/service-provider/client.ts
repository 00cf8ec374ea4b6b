import { randomBytes } from 'node:crypto';
import { type CacheProvider, SAML, type SamlOptions, ValidateInResponseTo } from '@node-saml/node-saml';
import type { DemoServiceProvider, Endpoints } from './application.ts';
import type { IdentityProvider } from './identity-provider.ts';
import type { ServiceProviderKeys } from './keys.ts';

/** One application, with what it needs to speak SAML. */
export interface Party {
  application: DemoServiceProvider;
  endpoints: Endpoints;
  keys: ServiceProviderKeys;
}

/** How far the identity provider's clock may be off, milliseconds. */
export const SKEW = 10_000;

export const newId = (): string => `_${randomBytes(20).toString('hex')}`;

/**
 * node-saml, set to sign all requests and to take nothing that isn't signed twice, nor an answer to another
 * request than one of `known` (by ID, with its time).
 */
export function samlOf(
  { application, endpoints, keys }: Party,
  idp: IdentityProvider,
  known: ReadonlyMap<string, number> = new Map(),
  wishes: Partial<SamlOptions> = {},
): SAML {
  return new SAML({
    issuer: endpoints.entityId,
    audience: endpoints.entityId,
    callbackUrl: endpoints.acs,
    entryPoint: idp.singleSignOn.redirect,
    logoutUrl: idp.singleLogout?.request ?? '',
    idpCert: idp.certificates,
    idpIssuer: idp.entityId,
    privateKey: keys.signing.privateKey,
    publicCert: keys.signing.certificate,
    decryptionPvk: keys.encryption.privateKey,
    signatureAlgorithm: 'sha256',
    digestAlgorithm: 'sha256',
    identifierFormat: null,
    disableRequestedAuthnContext: true,
    wantAssertionsSigned: true,
    wantAuthnResponseSigned: true,
    acceptedClockSkewMs: SKEW,
    validateInResponseTo: application.unsolicited ? ValidateInResponseTo.ifPresent : ValidateInResponseTo.always,
    cacheProvider: knowing(known),
    ...wishes,
  });
}

/** The routes keep what was asked, in the session of the browser that asked, and forget it themselves. */
function knowing(known: ReadonlyMap<string, number>): CacheProvider {
  return {
    saveAsync: async (_id, value) => ({ value, createdAt: Date.now() }),
    async getAsync(id) {
      const at = known.get(id);
      return at === undefined ? null : new Date(at).toISOString();
    },
    removeAsync: async () => null,
  };
}
