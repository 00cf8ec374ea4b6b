import type { LocalizedText } from '../core/account.ts';

/**
 * What the parts of SAML hand each other: plain data, JSON-safe. Names are those of SAML 2.0
 * (saml-core-2.0-os, saml-metadata-2.0-os); times are epoch milliseconds; certificates base64 DER.
 */

export const BINDINGS = {
  redirect: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect',
  post: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST',
  soap: 'urn:oasis:names:tc:SAML:2.0:bindings:SOAP',
} as const;
export type Binding = keyof typeof BINDINGS;

export const NAME_ID_FORMATS = {
  persistent: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
  transient: 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient',
  emailAddress: 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',
} as const;
export type NameIdFormat = keyof typeof NAME_ID_FORMATS;

/** A service provider as its metadata describes it, reduced to what is used (saml-metadata section 2.4.4). */
export interface ServiceProvider {
  entityId: string;
  /** Not to be used from this moment on: the earliest `validUntil` above it. */
  validUntil?: number;
  /** mdui:DisplayName, else the first ServiceName, else OrganizationDisplayName; by BCP 47 tag. */
  displayName?: LocalizedText;
  /** The `mdui:Logo` that makes the best small picture: an address that nobody has looked at. */
  logo?: string;
  description?: LocalizedText;
  informationUrl?: LocalizedText;
  privacyStatementUrl?: LocalizedText;
  /** HTTP-POST endpoints alone, in document order. */
  assertionConsumerServices: readonly { index: number; location: string; isDefault: boolean }[];
  singleLogoutServices: readonly { binding: Binding; location: string; responseLocation?: string }[];
  /** `use="signing"` or none. */
  signingCertificates: readonly string[];
  /** `use="encryption"` or none, with the algorithms that the SP lists. */
  encryptionKeys: readonly { certificate: string; methods: readonly string[] }[];
  authnRequestsSigned: boolean;
  wantAssertionsSigned: boolean;
  nameIdFormats: readonly string[];
  /** Values of `http://macedir.org/entity-category`. */
  entityCategories: readonly string[];
  /** Values of `urn:oasis:names:tc:SAML:profiles:subject-id:req`. */
  subjectIdRequirement?: string;
  attributeConsumingServices: readonly {
    index: number;
    isDefault: boolean;
    attributes: readonly { name: string; nameFormat?: string; required: boolean; values: readonly string[] }[];
  }[];
  /** `alg:SigningMethod` and `alg:DigestMethod` (SAML metadata algorithm support), in its order. */
  signingMethods: readonly string[];
  digestMethods: readonly string[];
}

/** An identity provider as its metadata describes it, reduced to what is used (saml-metadata section 2.4.3). */
export interface IdentityProvider {
  entityId: string;
  validUntil?: number;
  displayName?: LocalizedText;
  description?: LocalizedText;
  informationUrl?: LocalizedText;
  privacyStatementUrl?: LocalizedText;
  /** mdui:Keywords, all languages together. */
  keywords: readonly string[];
  /** mdui:Logo, in document order: addresses that nobody has looked at. */
  logos: readonly { url: string; width: number; height: number; language?: string }[];
  singleSignOnServices: readonly { binding: 'redirect' | 'post'; location: string }[];
  singleLogoutServices: ServiceProvider['singleLogoutServices'];
  signingCertificates: readonly string[];
  wantAuthnRequestsSigned: boolean;
  nameIdFormats: readonly string[];
  /** `shibmd:Scope` that isn't a regular expression: whose scoped values it may send. */
  scopes: readonly string[];
  /** Values of `http://macedir.org/entity-category`. */
  entityCategories: readonly string[];
  signingMethods: readonly string[];
  digestMethods: readonly string[];
}

/** What an entity of metadata can be to us, by the role that is read of it. */
export interface Entities {
  sp: ServiceProvider;
  idp: IdentityProvider;
}
export type Role = keyof Entities;
export type Entity = Entities[Role];

export interface NameId {
  value: string;
  format: string;
  nameQualifier?: string;
  spNameQualifier?: string;
}

/** What every message that passed the gate has. */
interface Message {
  id: string;
  issuer: string;
  issueInstant: number;
  binding: Binding;
  /** Carries a signature that was verified with a certificate of the issuer's metadata. */
  signed: boolean;
  relayState?: string;
}

export const COMPARISONS = ['exact', 'minimum', 'maximum', 'better'] as const;

/** saml-core section 3.4.1. */
export interface AuthnRequest extends Message {
  kind: 'AuthnRequest';
  assertionConsumerServiceUrl?: string;
  assertionConsumerServiceIndex?: number;
  attributeConsumingServiceIndex?: number;
  protocolBinding?: string;
  forceAuthn: boolean;
  isPassive: boolean;
  providerName?: string;
  nameIdPolicy?: { format?: string; spNameQualifier?: string; allowCreate: boolean };
  requestedAuthnContext?: {
    comparison: (typeof COMPARISONS)[number];
    /** AuthnContextClassRef, in the requester's order. */
    classes: readonly string[];
    /** AuthnContextDeclRef were named: nothing of ours satisfies one. */
    declarations: boolean;
  };
  /** Subject: the person meant. */
  subject?: NameId;
  /** ProviderIDs of Scoping's IDPList (section 3.4.1.3.1): whom the requester would have authenticate them. */
  idpList?: readonly string[];
}

/** saml-core section 3.7.1. */
export interface LogoutRequest extends Message {
  kind: 'LogoutRequest';
  nameId: NameId;
  sessionIndexes: readonly string[];
  notOnOrAfter?: number;
}

/** saml-core section 3.7.2. */
export interface LogoutResponse extends Message {
  kind: 'LogoutResponse';
  inResponseTo: string;
  /** Top-level status code, and the second one where there is one. */
  status: readonly string[];
}

export type SamlMessage = AuthnRequest | LogoutRequest | LogoutResponse;

export interface Attribute {
  /** URI of the attribute, as `urn:oid:1.3.6.1.4.1.5923.1.1.1.6`, unless `nameFormat` says otherwise. */
  name: string;
  nameFormat?: string;
  friendlyName?: string;
  /** At least one. A NameID inside is not offered. */
  values: readonly string[];
}

/** saml-core section 3.2.2.2; the first is the top-level code. */
export interface Status {
  codes: readonly [string, ...string[]];
  message?: string;
}

const STATUS = 'urn:oasis:names:tc:SAML:2.0:status:';
export const STATUSES = {
  success: { codes: [`${STATUS}Success`] },
  noPassive: { codes: [`${STATUS}Responder`, `${STATUS}NoPassive`] },
  noAuthnContext: { codes: [`${STATUS}Responder`, `${STATUS}NoAuthnContext`] },
  invalidNameIdPolicy: { codes: [`${STATUS}Requester`, `${STATUS}InvalidNameIDPolicy`] },
  requestDenied: { codes: [`${STATUS}Responder`, `${STATUS}RequestDenied`] },
  authnFailed: { codes: [`${STATUS}Responder`, `${STATUS}AuthnFailed`] },
  unknownPrincipal: { codes: [`${STATUS}Requester`, `${STATUS}UnknownPrincipal`] },
  partialLogout: { codes: [`${STATUS}Success`, `${STATUS}PartialLogout`] },
} as const satisfies Record<string, Status>;
