import type { DoorPorts } from '../../../core/door.ts';
import type { Keyring } from '../../../core/keyring.ts';
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
} from '../../../saml/index.ts';
import type { SamlSettings } from '../settings.ts';

/** Names and addresses of this identity provider. */
export interface OwnIdentity {
  entityId: string;
  metadata: string;
  sso: string;
  slo: string;
  /** Scope of scoped attributes. */
  scope: string;
}

export function ownIdentity(issuer: string, settings: Pick<SamlSettings, 'entityId' | 'scope'>): OwnIdentity {
  const metadata = `${issuer}/saml/metadata`;
  return {
    metadata,
    entityId: settings.entityId ?? metadata,
    sso: `${issuer}/saml/sso`,
    slo: `${issuer}/saml/slo`,
    scope: settings.scope ?? new URL(issuer).hostname,
  };
}

/** What the metadata says, besides the keys. */
export interface OwnFacts {
  identity: OwnIdentity;
  settings: Pick<SamlSettings, 'algorithm' | 'metadata'>;
  institution: DoorPorts['institution'];
  locales: readonly string[];
}

/** The metadata, signed. */
export const createOwnMetadata = (facts: OwnFacts, keyring: Keyring, now: () => number): { xml(): string } =>
  published(keyring, now, facts.settings.metadata.lifetime, (at) => ownMetadata(facts, keyring, at));

/** `EntityDescriptor` of the identity provider (saml-metadata section 2.4.3), signed, valid from `at` on. */
export function ownMetadata(facts: OwnFacts, keyring: Keyring, at: number): string {
  const { identity, settings, locales } = facts;
  const { lifetime, cache, organization, contacts } = settings.metadata;
  const { entityId } = identity;
  return signedEntity(
    { entityId, lifetime, cache, algorithm: settings.algorithm, keyring },
    at,
    element('md:Extensions', {}, ...algorithmElements()),
    roleOf(facts, keyring),
    organization && organizationOf(organization, locales[0] ?? 'en'),
    ...contacts.map(contactOf),
  );
}

function roleOf({ identity, institution, locales }: OwnFacts, keyring: Keyring): XmlElement {
  const endpoints = (name: 'md:SingleLogoutService' | 'md:SingleSignOnService', location: string) =>
    [BINDINGS.redirect, BINDINGS.post].map((uri) => element(name, { Binding: uri, Location: location }));
  return element(
    'md:IDPSSODescriptor',
    {
      WantAuthnRequestsSigned: 'false',
      errorURL: institution.supportUrl,
      protocolSupportEnumeration: PROTOCOL,
    },
    element(
      'md:Extensions',
      {},
      // Shibboleth service providers drop scoped attributes of any other scope.
      element('shibmd:Scope', { regexp: 'false' }, identity.scope),
      element('mdui:UIInfo', {}, ...localizedElements('mdui:DisplayName', institution.name, locales)),
    ),
    ...keyring
      .published()
      .flatMap(({ certificate }) => (certificate === undefined ? [] : [keyElement(certificate, 'signing')])),
    ...endpoints('md:SingleLogoutService', identity.slo),
    ...Object.values(NAME_ID_FORMATS).map((format) => element('md:NameIDFormat', {}, format)),
    ...endpoints('md:SingleSignOnService', identity.sso),
  );
}

type Organization = NonNullable<SamlSettings['metadata']['organization']>;

function organizationOf({ name, displayName, url }: Organization, locale: string): XmlElement {
  const lang = { 'xml:lang': locale };
  return element(
    'md:Organization',
    {},
    element('md:OrganizationName', lang, name),
    element('md:OrganizationDisplayName', lang, displayName),
    element('md:OrganizationURL', lang, url),
  );
}

const SECURITY = 'http://refeds.org/metadata/contactType/security';

/** SAML 2.0 knows no security contact: REFEDS' attribute says that this other one is it (REFEDS security contact). */
function contactOf({ type, name, email }: SamlSettings['metadata']['contacts'][number]): XmlElement {
  return element(
    'md:ContactPerson',
    type === 'security' ? { contactType: 'other', 'remd:contactType': SECURITY } : { contactType: type },
    element('md:GivenName', {}, name),
    element('md:EmailAddress', {}, `mailto:${email}`),
  );
}
