import { type AuthnRequest, BINDINGS, SamlFault, type ServiceProvider } from '../../../saml/index.ts';

/**
 * Where the response goes: an endpoint of the metadata and nothing else (saml-profiles section 4.1.4.1; an address
 * that only the request names is how assertions are stolen).
 *
 * @throws SamlFault `endpoint` if the request asks for one that isn't there, or for two at once
 */
export function assertionConsumerService(
  { entityId, assertionConsumerServices: offered }: ServiceProvider,
  request: Pick<AuthnRequest, 'assertionConsumerServiceUrl' | 'assertionConsumerServiceIndex' | 'protocolBinding'> = {},
): string {
  const { assertionConsumerServiceUrl: url, assertionConsumerServiceIndex: index, protocolBinding } = request;
  const refuse = (what: string): never => {
    throw new SamlFault('endpoint', `${entityId}: ${what}`);
  };
  if (index !== undefined && (url !== undefined || protocolBinding !== undefined)) {
    refuse('AssertionConsumerServiceIndex excludes URL and ProtocolBinding (saml-core section 3.4.1)');
  }
  if (protocolBinding !== undefined && protocolBinding !== BINDINGS.post) refuse(`no response by ${protocolBinding}`);
  const found =
    index !== undefined
      ? offered.find((it) => it.index === index)
      : url !== undefined
        ? offered.find(({ location }) => location === url)
        : (offered.find(({ isDefault }) => isDefault) ?? offered[0]);
  return found?.location ?? refuse(`its metadata has no AssertionConsumerService ${url ?? index ?? ''}`);
}
