import type { LocalizedText } from '../../../core/account.ts';
import type { Keyring } from '../../../core/keyring.ts';
import { BINDINGS, NAME_ID_FORMATS } from '../model.ts';
import { element, type XmlContent, type XmlElement } from '../response/canonical.ts';
import { createId, instant } from '../response/message.ts';
import { DIGESTS, METHODS, signerFor, writeSigned } from '../response/sign.ts';
import type { SamlSettings } from '../settings.ts';

export interface OwnMetadataDeps {
  entityId: string;
  settings: SamlSettings;
  keys: Keyring;
  /** Absolute addresses. */
  locations: { sso: string; slo: string };
  scope: string;
  /** Of the institution, by language. */
  name: LocalizedText;
  /** Where people turn to when a sign-in fails. */
  errorUrl?: string;
  now(): number;
  random(bytes: number): Uint8Array;
}

const PROTOCOL = 'urn:oasis:names:tc:SAML:2.0:protocol';
const SECURITY_CONTACT = 'http://refeds.org/metadata/contactType/security';

/**
 * The identity provider's own metadata (saml-metadata-2.0-os), signed. Written anew when a key comes or goes, and
 * when half of its life is over.
 */
export function createOwnMetadata(deps: OwnMetadataDeps): () => string {
  const { keys, now, settings } = deps;
  let made: { xml: string; until: number } | undefined;
  keys.onChange(() => {
    made = undefined;
  });
  return () => {
    if (made === undefined || made.until <= now()) {
      made = { xml: compose(deps), until: now() + settings.metadata.lifetime / 2 };
    }
    return made.xml;
  };
}

function compose(deps: OwnMetadataDeps): string {
  const { entityId, keys, now, random, settings } = deps;
  const root = element(
    'md:EntityDescriptor',
    {
      ID: createId(random),
      cacheDuration: `PT${Math.max(1, Math.floor(settings.metadata.cache / 1000))}S`,
      entityID: entityId,
      validUntil: instant(now() + settings.metadata.lifetime),
    },
    algorithms(keys),
    role(deps),
    organization(settings.metadata.organization),
    ...settings.metadata.contacts.map(contact),
  );
  const signer = signerFor(keys, { signingMethods: [], digestMethods: [] }, undefined, settings.algorithm);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${writeSigned(root, 0, signer)}`;
}

/** SAML metadata algorithm support: without it Shibboleth's service providers sign with SHA-1, which we refuse. */
function algorithms(keys: Keyring): XmlElement {
  const kinds = new Set(keys.published().map(({ algorithm }) => algorithm));
  const methods = Object.values(METHODS).filter(({ key }) => kinds.has(key));
  return element(
    'md:Extensions',
    {},
    ...Object.values(DIGESTS).map((Algorithm) => element('alg:DigestMethod', { Algorithm })),
    ...methods.map(({ uri }) => element('alg:SigningMethod', { Algorithm: uri })),
  );
}

function role(deps: OwnMetadataDeps): XmlElement {
  const { keys, locations, errorUrl, scope } = deps;
  const endpoint = (name: 'md:SingleLogoutService' | 'md:SingleSignOnService', Location: string) =>
    (['redirect', 'post'] as const).map((binding) => element(name, { Binding: BINDINGS[binding], Location }));
  return element(
    'md:IDPSSODescriptor',
    { WantAuthnRequestsSigned: 'false', errorURL: errorUrl, protocolSupportEnumeration: PROTOCOL },
    element('md:Extensions', {}, element('shibmd:Scope', { regexp: 'false' }, scope), uiInfo(deps)),
    ...keys.published().flatMap(({ certificate }) => (certificate === undefined ? [] : [keyDescriptor(certificate)])),
    ...endpoint('md:SingleLogoutService', locations.slo),
    ...Object.values(NAME_ID_FORMATS).map((format) => element('md:NameIDFormat', {}, format)),
    ...endpoint('md:SingleSignOnService', locations.sso),
  );
}

/** Without a language of its own a text is taken for English, as `xml:lang` is required. */
function uiInfo({ name }: OwnMetadataDeps): XmlElement {
  const texts = typeof name === 'string' ? { en: name } : name;
  const shown = Object.entries(texts).map(([lang, text]) => element('mdui:DisplayName', { 'xml:lang': lang }, text));
  return element('mdui:UIInfo', {}, ...shown);
}

function keyDescriptor(certificate: string): XmlElement {
  return element(
    'md:KeyDescriptor',
    { use: 'signing' },
    element('ds:KeyInfo', {}, element('ds:X509Data', {}, element('ds:X509Certificate', {}, certificate))),
  );
}

function organization(given: SamlSettings['metadata']['organization']): XmlContent {
  if (given === undefined) return undefined;
  const lang = { 'xml:lang': 'en' };
  return element(
    'md:Organization',
    {},
    element('md:OrganizationName', lang, given.name),
    element('md:OrganizationDisplayName', lang, given.displayName),
    element('md:OrganizationURL', lang, given.url),
  );
}

/** REFEDS security contact: `other`, and a type of its own beside it. */
function contact({ type, name, email }: SamlSettings['metadata']['contacts'][number]): XmlElement {
  const security = type === 'security';
  return element(
    'md:ContactPerson',
    {
      contactType: security ? 'other' : type,
      'remd:contactType': security ? SECURITY_CONTACT : undefined,
    },
    element('md:GivenName', {}, name),
    element('md:EmailAddress', {}, `mailto:${email}`),
  );
}
