import type { KeyObject } from 'node:crypto';
import type { Attribute, NameId } from '../model.ts';

/** What a service provider goes by when a Response comes in. Times are epoch milliseconds, spans milliseconds. */
export interface Expected {
  now: number;
  /** How far the provider's clock may be off. */
  skew: number;
  /** EntityID of the provider that was asked, and the certificates of its metadata (base64 DER). */
  issuer: string;
  certificates: readonly string[];
  /** EntityID of ours. */
  audience: string;
  /** Our assertion consumer service, as our metadata names it and as the request did. */
  recipient: string;
  /** ID of the request that this browser was sent away with. */
  inResponseTo: string;
  /** Private RSA keys of ours, the newest first. */
  decryption: readonly KeyObject[];
  /** Takes AES-CBC, and only under a verified signature of the Response: its padding answers questions otherwise. */
  cbc?: boolean;
  /** The request said ForceAuthn at this moment: an older authentication is no answer to it. */
  forcedAt?: number;
}

/** What the provider said of whoever signed in there; all of it was signed. */
export interface Said {
  /** ID of the assertion: good once. */
  assertion: string;
  /** Until when it could be presented again, the skew included. */
  until: number;
  issuer: string;
  /** Absent where there is none, or it is encrypted by itself. */
  nameId?: NameId;
  /** In its order; what has the same name and format stands together. Values are text. */
  attributes: readonly Attribute[];
  /** When they were authenticated there; never later than now. */
  authnInstant: number;
  /** AuthnContextClassRef. */
  contextClass?: string;
  /** AuthenticatingAuthority: who was asked by the provider itself (saml-core section 2.7.2.2). */
  authorities: readonly string[];
  sessionIndex?: string;
  /** When what it opens here must end. */
  sessionNotOnOrAfter?: number;
  signed: { response: boolean; assertion: boolean };
  encrypted: boolean;
}

/** `refused`: the provider's status, the top-level code first; it proves nothing of anybody, and may be unsigned. */
export type Answer = { kind: 'said'; said: Said } | { kind: 'refused'; codes: readonly string[]; message?: string };

/** The Response around the assertion (saml-core section 3.2.2). */
export interface Envelope {
  id: string;
  issuer?: string;
  issueInstant: number;
  destination?: string;
  inResponseTo?: string;
  codes: readonly string[];
  message?: string;
}

/** SubjectConfirmation of the method bearer (saml-profiles section 4.1.4.2). */
export interface Confirmation {
  recipient?: string;
  inResponseTo?: string;
  notBefore?: number;
  notOnOrAfter?: number;
}

/** Conditions (saml-core section 2.5.1). */
export interface Conditions {
  notBefore?: number;
  notOnOrAfter?: number;
  /** One list for each AudienceRestriction: each must be met. */
  audiences: readonly (readonly string[])[];
  /** ProxyRestriction that forbids to assert anything on its ground. */
  keptToUs: boolean;
  /** Local names of those that we don't know. */
  unknown: readonly string[];
}

/** An assertion as its signed octets have it, held against nothing yet. */
export interface Assertion {
  id: string;
  issuer: string;
  issueInstant: number;
  nameId?: NameId;
  confirmations: readonly Confirmation[];
  conditions?: Conditions;
  authentications: readonly {
    authnInstant: number;
    contextClass?: string;
    authorities: readonly string[];
    sessionIndex?: string;
    sessionNotOnOrAfter?: number;
  }[];
  attributes: readonly Attribute[];
}
