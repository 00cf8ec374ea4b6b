import type { LocalizedText } from '../../core/account.ts';
import type { Keyring } from '../../core/keyring.ts';
import {
  algorithmElements,
  BINDINGS,
  element,
  keyElement,
  localizedElements,
  NAME_ID_FORMATS,
  PROTOCOL,
  published,
  signedEntity,
  type XmlElement,
} from '../../saml/index.ts';
import type { Settings } from './settings.ts';

/** Names and addresses of ours as this provider's service provider. */
export interface Own {
  entityId: string;
  /** AssertionConsumerService. */
  consumer: string;
  /** SingleLogoutService. */
  logout: string;
  /** Where browsers are once they have signed out there as well. */
  signedOut: string;
}

/** What signs for us, and what is encrypted for: apart, so that none does both. */
export interface OwnKeys {
  signing: Keyring;
  encryption: Keyring;
}

/** What stands in our metadata besides the keys. */
export interface OwnFacts {
  own: Own;
  settings: Settings;
  institution: { name: LocalizedText };
  locales: readonly string[];
}

/** In order of preference: what isn't authentic isn't listed, though an operator may allow it. */
const ENCRYPTION_METHODS = [
  'http://www.w3.org/2009/xmlenc11#aes256-gcm',
  'http://www.w3.org/2009/xmlenc11#aes128-gcm',
  'http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p',
];

/** Our metadata for the provider, signed. */
export function createOwnMetadata(facts: OwnFacts, keys: OwnKeys, now: () => number): { xml(): string } {
  const onChange: Keyring['onChange'] = (listener) => {
    keys.signing.onChange(listener);
    keys.encryption.onChange(listener);
  };
  return published({ onChange }, now, facts.settings.publish.lifetime, (at) => ownMetadata(facts, keys, at));
}

/** `EntityDescriptor` of the service provider (saml-metadata section 2.4.4), signed, valid from `at` on. */
export function ownMetadata(facts: OwnFacts, keys: OwnKeys, at: number): string {
  const { own, settings } = facts;
  return signedEntity(
    { ...settings.publish, entityId: own.entityId, algorithm: settings.algorithm, keyring: keys.signing },
    at,
    element('md:Extensions', {}, entityAttributes(settings), ...algorithmElements()),
    roleOf(facts, keys),
  );
}

const URI_NAMES = 'urn:oasis:names:tc:SAML:2.0:attrname-format:uri';

/** Which of the two identifiers we need (SAML subject identifier attributes, section 4.1). */
function entityAttributes({ key }: Settings): XmlElement | undefined {
  if (key !== 'subject-id' && key !== 'pairwise-id') return undefined;
  const name = { Name: 'urn:oasis:names:tc:SAML:profiles:subject-id:req', NameFormat: URI_NAMES };
  return element(
    'mdattr:EntityAttributes',
    {},
    element('saml:Attribute', name, element('saml:AttributeValue', {}, key)),
  );
}

function roleOf({ own, settings, institution, locales }: OwnFacts, { signing, encryption }: OwnKeys): XmlElement {
  const certificates = (ring: Keyring) =>
    ring.published().flatMap(({ certificate }) => (certificate === undefined ? [] : [certificate]));
  const logouts = [BINDINGS.redirect, BINDINGS.post, BINDINGS.soap];
  return element(
    'md:SPSSODescriptor',
    { AuthnRequestsSigned: 'true', WantAssertionsSigned: 'true', protocolSupportEnumeration: PROTOCOL },
    element(
      'md:Extensions',
      {},
      element('mdui:UIInfo', {}, ...localizedElements('mdui:DisplayName', institution.name, locales)),
    ),
    ...certificates(signing).map((it) => keyElement(it, 'signing')),
    ...certificates(encryption).map((it) => keyElement(it, 'encryption', ENCRYPTION_METHODS)),
    ...logouts.map((uri) => element('md:SingleLogoutService', { Binding: uri, Location: own.logout })),
    settings.key === 'persistent' ? element('md:NameIDFormat', {}, NAME_ID_FORMATS.persistent) : undefined,
    element('md:AssertionConsumerService', {
      Binding: BINDINGS.post,
      Location: own.consumer,
      index: '0',
      isDefault: 'true',
    }),
    requested(settings, institution.name, locales),
  );
}

/** FriendlyName by the attribute's name, of what people are known by and described with. */
const REQUESTED = {
  'urn:oid:2.16.840.1.113730.3.1.241': 'displayName',
  'urn:oid:2.5.4.42': 'givenName',
  'urn:oid:2.5.4.4': 'sn',
  'urn:oid:0.9.2342.19200300.100.1.3': 'mail',
} as const;

/** saml-metadata section 2.4.4.1: what a provider's own rules may go by. */
function requested({ groups }: Settings, name: LocalizedText, locales: readonly string[]): XmlElement {
  const attribute = ([uri, friendlyName]: readonly [string, string]) =>
    element('md:RequestedAttribute', { FriendlyName: friendlyName, Name: uri, NameFormat: URI_NAMES });
  const member = groups.map ? [['urn:oid:1.3.6.1.4.1.5923.1.5.1.1', 'isMemberOf'] as const] : [];
  return element(
    'md:AttributeConsumingService',
    { index: '0', isDefault: 'true' },
    ...localizedElements('md:ServiceName', name, locales),
    ...[...Object.entries(REQUESTED), ...member].map(attribute),
  );
}
