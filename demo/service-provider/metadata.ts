import { type DemoServiceProvider, endpointsOf } from './application.ts';
import type { ServiceProviderKeys } from './keys.ts';

const BINDING = 'urn:oasis:names:tc:SAML:2.0:bindings';
const NAME_ID_FORMATS = [
  'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
  'urn:oasis:names:tc:SAML:2.0:nameid-format:transient',
  'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',
];

/** An application's metadata (saml-metadata-2.0-os): one entity, not signed, since it goes from hand to hand. */
export function metadataOf(application: DemoServiceProvider, url: string, keys: ServiceProviderKeys): string {
  const { entityId, acs, slo, soap } = endpointsOf(url, application.id);
  const names = Object.entries(application.names).map(
    ([tag, name]) => `\n        <mdui:DisplayName xml:lang="${escaped(tag)}">${escaped(name)}</mdui:DisplayName>`,
  );
  const logout = [
    ...(application.soap ? [service('SOAP', soap)] : []),
    service('HTTP-Redirect', slo),
    service('HTTP-POST', slo),
  ];
  return `<?xml version="1.0" encoding="UTF-8"?>
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" xmlns:mdui="urn:oasis:names:tc:SAML:metadata:ui" xmlns:alg="urn:oasis:names:tc:SAML:metadata:algsupport" entityID="${escaped(entityId)}">
  <md:Extensions>
    <alg:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>
    <alg:SigningMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/>
  </md:Extensions>
  <md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol" AuthnRequestsSigned="true" WantAssertionsSigned="true">
    <md:Extensions>
      <mdui:UIInfo>${names.join('')}
      </mdui:UIInfo>
    </md:Extensions>
    ${keyDescriptor('signing', keys.signing.certificate)}
    ${keyDescriptor('encryption', keys.encryption.certificate, [
      'http://www.w3.org/2009/xmlenc11#aes256-gcm',
      'http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p',
    ])}
    ${logout.join('\n    ')}
    ${NAME_ID_FORMATS.map((format) => `<md:NameIDFormat>${format}</md:NameIDFormat>`).join('\n    ')}
    <md:AssertionConsumerService Binding="${BINDING}:HTTP-POST" Location="${escaped(acs)}" index="0" isDefault="true"/>
  </md:SPSSODescriptor>
</md:EntityDescriptor>
`;
}

function service(binding: string, location: string): string {
  return `<md:SingleLogoutService Binding="${BINDING}:${binding}" Location="${escaped(location)}"/>`;
}

function keyDescriptor(use: string, certificate: string, methods: readonly string[] = []): string {
  const der = certificate.replace(/-----[A-Z ]+-----|\s/g, '');
  const listed = methods.map((method) => `<md:EncryptionMethod Algorithm="${method}"/>`);
  return `<md:KeyDescriptor use="${use}"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>${der}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>${listed.join('')}</md:KeyDescriptor>`;
}

/** Text for XML, in elements and attributes alike. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
