import { ApplicationError } from '../shared/error.ts';
import type { XmlElement } from './xml.ts';

/** Status codes in words (saml-core section 3.2.2.2), by their last part. */
const WORDS: Readonly<Record<string, string>> = {
  AuthnFailed: 'Signing in failed.',
  InvalidNameIDPolicy: 'The identity provider has no name of the kind that was asked for.',
  NoAuthnContext: 'You could not sign in by any of the ways that were asked for.',
  NoPassive: 'Nobody is signed in, or something would have to be asked, and the request allowed no questions.',
  PartialLogout: 'You are signed out here; not every other application could be told.',
  RequestDenied: 'The identity provider will not sign you in here.',
  RequestUnsupported: 'The identity provider does not do what was asked.',
  Requester: 'The identity provider found a fault in the request.',
  Responder: 'The identity provider could not answer.',
  Success: 'Done.',
  UnknownPrincipal: 'The identity provider does not know whom the request was about.',
  VersionMismatch: 'The identity provider speaks another version of SAML.',
};

export interface ReadStatus {
  success: boolean;
  /** Last parts of the codes, the top-level one first. */
  codes: string[];
  /** The most telling code, in words, and what the identity provider said itself. */
  words: string;
}

/** Reads the `Status` of a response. */
export function statusOf(response: XmlElement): ReadStatus {
  const top = response.first('Status', 'StatusCode');
  const codes = [top, top?.first('StatusCode')].flatMap((code) => code?.attribute('Value')?.split(':').at(-1) ?? []);
  const message = response.first('Status', 'StatusMessage')?.text;
  const telling = codes.at(-1) ?? '';
  const known = Object.hasOwn(WORDS, telling)
    ? WORDS[telling]
    : `The identity provider answered ${telling || 'no status'}.`;
  return { success: codes[0] === 'Success', codes, words: [known, message].filter(Boolean).join(' ') };
}

/** Throws what an unsuccessful answer says. */
export function demandSuccess(response: XmlElement): ReadStatus {
  const status = statusOf(response);
  if (!status.success) throw new ApplicationError(403, status.codes.at(-1) ?? 'no_status', status.words);
  return status;
}
