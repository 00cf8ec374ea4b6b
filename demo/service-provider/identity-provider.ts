import { ApplicationError } from '../shared/error.ts';
import { patiently } from '../shared/patience.ts';
import { isLoopback } from '../shared/server.ts';
import { parsed, type XmlElement } from './xml.ts';

const BINDING = 'urn:oasis:names:tc:SAML:2.0:bindings:';

/** What the demo needs of the identity provider's metadata. */
export interface IdentityProvider {
  entityId: string;
  /** Certificates that it may sign with, base64 DER: two during a rollover. */
  certificates: string[];
  singleSignOn: { redirect: string; post?: string };
  /** Where LogoutRequests go, and the answers to its own. */
  singleLogout?: { request: string; response: string };
}

export interface IdentityProviders {
  /** As it was read at first; an identity provider that isn't up yet is asked again for ten seconds. */
  current(): Promise<IdentityProvider>;
  /**
   * Does what rests on its signature. Where that fails and the metadata has other certificates by now
   * (a rollover), it is done once more with those. Throws ApplicationError.
   */
  trusting<T>(use: (idp: IdentityProvider) => Promise<T>): Promise<T>;
}

/**
 * Reads the identity provider's metadata. It takes whatever comes from this address for genuine, which is why the
 * address must be https or on this machine; a real service provider checks the metadata's signature as well.
 */
export function createIdentityProviders(metadata: URL, stop: AbortSignal): IdentityProviders {
  if (metadata.protocol === 'http:' && !isLoopback(metadata)) {
    throw new Error(`metadata must come by https: ${metadata.href}`);
  }
  let known: Promise<IdentityProvider> | undefined;
  const read = () => {
    const answer = asked(metadata, stop);
    known = answer;
    answer.catch(() => {
      if (known === answer) known = undefined;
    });
    return answer;
  };
  const current = () => known ?? read();
  return {
    current,
    async trusting(use) {
      const idp = await current();
      try {
        return await use(idp);
      } catch (error) {
        const again = error instanceof ApplicationError ? idp : await read();
        if (again.certificates.join() === idp.certificates.join()) throw untrusted(error);
        return use(again).catch((still: unknown) => {
          throw untrusted(still);
        });
      }
    },
  };
}

function untrusted(error: unknown): ApplicationError {
  if (error instanceof ApplicationError) return error;
  const found = error instanceof Error ? error.message : String(error);
  return new ApplicationError(400, 'invalid_message', found, { cause: error });
}

function asked(metadata: URL, stop: AbortSignal): Promise<IdentityProvider> {
  return patiently(
    async (signal) => {
      const answer = await fetch(metadata, { redirect: 'error', signal });
      if (!answer.ok) throw new Error(`${metadata.href} answered ${answer.status}`);
      return identityProviderOf(await parsed(await answer.text()));
    },
    stop,
    (cause) => new ApplicationError(503, 'metadata_unavailable', `${metadata.href} can't be read`, { cause }),
  );
}

/** Reads an `md:EntityDescriptor` with an identity provider in it. Throws where something that is needed is missing. */
export function identityProviderOf(entity: XmlElement): IdentityProvider {
  const idp = entity.first('IDPSSODescriptor');
  const entityId = entity.attribute('entityID');
  if (idp === undefined || entityId === undefined) throw new Error('the metadata describes no identity provider');
  const certificates = idp
    .all('KeyDescriptor')
    .filter((key) => key.attribute('use') !== 'encryption')
    .map((key) => key.first('KeyInfo', 'X509Data', 'X509Certificate')?.text.replace(/\s/g, '') ?? '');
  const at = (name: string, binding: string) =>
    idp.all(name).find((service) => service.attribute('Binding') === BINDING + binding);
  const redirect = at('SingleSignOnService', 'HTTP-Redirect')?.attribute('Location');
  const post = at('SingleSignOnService', 'HTTP-POST')?.attribute('Location');
  if (redirect === undefined) throw new Error('the metadata has no SingleSignOnService by Redirect');
  const logout = at('SingleLogoutService', 'HTTP-Redirect');
  const request = logout?.attribute('Location');
  return {
    entityId,
    certificates: certificates.filter((certificate) => certificate !== ''),
    singleSignOn: { redirect, ...(post === undefined ? {} : { post }) },
    ...(request === undefined
      ? {}
      : { singleLogout: { request, response: logout?.attribute('ResponseLocation') ?? request } }),
  };
}
