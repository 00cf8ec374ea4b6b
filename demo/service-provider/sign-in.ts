import type { RacComparison, SamlOptions } from '@node-saml/node-saml';
import { ApplicationError } from '../shared/error.ts';
import { newId, type Party, SKEW, samlOf } from './client.ts';
import type { IdentityProvider, IdentityProviders } from './identity-provider.ts';
import type { Asked, SignedIn } from './sessions.ts';
import { demandSuccess } from './status.ts';
import { parsed, XmlElement } from './xml.ts';

const FORMATS: Readonly<Record<string, string>> = {
  persistent: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
  transient: 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient',
  emailAddress: 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',
  unspecified: 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified',
};
const COMPARISONS = ['exact', 'minimum', 'maximum', 'better'];
const BEARER = 'urn:oasis:names:tc:SAML:2.0:cm:bearer';

export type Query = Readonly<Record<string, unknown>>;

/** An AuthnRequest on its way: an address, or a form to be posted. */
export type Outgoing = { url: string } | { action: string; fields: Readonly<Record<string, string>> };

/**
 * Builds a signed AuthnRequest from `/login`'s query: `binding=post`, `force=1`, `passive=1`, `acr` (once or
 * more) with `comparison`, and `nameid` (a short name or a URI).
 */
export async function authnRequest(
  party: Party,
  idp: IdentityProvider,
  query: Query,
): Promise<{ outgoing: Outgoing; asked: Asked }> {
  const comparison = String(query.comparison ?? 'exact');
  if (!COMPARISONS.includes(comparison)) throw new ApplicationError(400, 'comparison', 'no such comparison');
  const classes = [query.acr ?? []].flat().map(String);
  const format = typeof query.nameid === 'string' ? (FORMATS[query.nameid] ?? query.nameid) : null;
  const asked: Asked = {
    id: newId(),
    at: Date.now(),
    relayState: newId(),
    force: query.force === '1',
    exactly: comparison === 'exact' ? classes : [],
  };
  const wishes: Partial<SamlOptions> = {
    generateUniqueId: () => asked.id,
    forceAuthn: asked.force,
    passive: query.passive === '1',
    identifierFormat: format,
    providerName: party.application.names.en,
    disableRequestedAuthnContext: classes.length === 0,
    authnContext: classes,
    racComparison: comparison as RacComparison,
  };
  if (query.binding !== 'post') {
    const url = await samlOf(party, idp, undefined, wishes).getAuthorizeUrlAsync(asked.relayState, undefined, {});
    return { outgoing: { url }, asked };
  }
  const action = idp.singleSignOn.post;
  if (action === undefined) throw new ApplicationError(400, 'binding', 'the identity provider takes no POST');
  const posting = samlOf(party, idp, undefined, { ...wishes, entryPoint: action, skipRequestCompression: true });
  const fields = await posting.getAuthorizeMessageAsync(asked.relayState);
  return { outgoing: { action, fields: fields as Record<string, string> }, asked };
}

/** What was posted to the ACS. */
export interface Incoming {
  SAMLResponse: string;
  RelayState?: string;
}

/** ID of the request that a response says it answers: to look up with, not to be believed. */
export async function inResponseTo({ SAMLResponse }: Incoming): Promise<string | undefined> {
  return (await parsed(decoded(SAMLResponse))).attribute('InResponseTo');
}

/**
 * Checks a response (saml-profiles section 4.1.4.3) and reads it. node-saml checks both signatures, decrypts, and
 * compares InResponseTo, audience and times; the rest is here. Throws ApplicationError.
 *
 * @param asked what this browser asked for in the request that is answered
 * @param once whether this assertion ID is new
 */
export async function signedIn(
  party: Party,
  idps: IdentityProviders,
  incoming: Incoming,
  asked: Asked | undefined,
  once: (assertionId: string) => boolean,
): Promise<SignedIn> {
  const root = await parsed(decoded(incoming.SAMLResponse));
  const known = new Map(asked ? [[asked.id, asked.at]] : []);
  if (asked && incoming.RelayState !== asked.relayState) throw refused('the RelayState is not the one that was sent');
  const { assertion, issuer } = await idps.trusting(async (idp) => {
    // Unsigned statuses aren't believed either: node-saml throws for the signature first.
    const { profile } = await samlOf(party, idp, known)
      .validatePostResponseAsync({ ...incoming })
      .catch(mayBeStatus);
    return { assertion: profile?.getAssertion?.().Assertion, issuer: idp.entityId };
  });
  if (root.attribute('Destination') !== party.endpoints.acs)
    throw refused('the response was meant for another address');
  demandSuccess(root);
  if (assertion === undefined) throw refused('there is no assertion in the response');
  const read = new XmlElement('Assertion', assertion);
  if (read.first('Issuer')?.text !== issuer) throw refused('the assertion is of another issuer');
  checkConfirmation(party, read, asked);
  if (!once(read.attribute('ID') ?? '')) throw refused('this assertion was used before');
  const result = {
    ...contents(read),
    issuer,
    encrypted: root.first('EncryptedAssertion') !== undefined,
    unsolicited: asked === undefined,
  };
  checkAsked(result, asked);
  return result;
}

/** A status other than success: node-saml throws for it, having checked the signature; it is read from the message. */
function mayBeStatus(error: unknown): { profile: null } {
  if (error instanceof Error && error.constructor.name === 'SamlStatusError') return { profile: null };
  throw error;
}

function checkConfirmation({ endpoints }: Party, assertion: XmlElement, asked: Asked | undefined): void {
  const bearer = (assertion.first('Subject')?.all('SubjectConfirmation') ?? []).find((confirmation) => {
    const data = confirmation.first('SubjectConfirmationData');
    return (
      confirmation.attribute('Method') === BEARER &&
      data?.attribute('Recipient') === endpoints.acs &&
      data.attribute('InResponseTo') === asked?.id &&
      data.attribute('NotBefore') === undefined &&
      Date.parse(data.attribute('NotOnOrAfter') ?? '') > Date.now() - SKEW
    );
  });
  if (!bearer) throw refused('the assertion is not confirmed for this address and request');
}

/** What was asked for must be what came: the answer passed through a browser. */
function checkAsked({ authnContextClassRef = '', authnInstant = '' }: SignedIn, asked: Asked | undefined): void {
  if (asked && asked.exactly.length > 0 && !asked.exactly.includes(authnContextClassRef)) {
    throw refused(`the identity provider answered ${authnContextClassRef || 'no class'}`);
  }
  if (asked?.force && !(Date.parse(authnInstant) >= asked.at - SKEW)) {
    throw refused('the identity provider did not ask afresh');
  }
}

function contents(assertion: XmlElement): Omit<SignedIn, 'issuer' | 'encrypted' | 'unsolicited'> {
  const name = assertion.first('Subject', 'NameID');
  const statement = assertion.first('AuthnStatement');
  if (!name?.text || !statement) throw refused('the assertion says nobody signed in');
  const attributes = assertion.all('AttributeStatement').flatMap((part) => part.all('Attribute'));
  return {
    nameId: defined({
      value: name.text,
      format: name.attribute('Format'),
      nameQualifier: name.attribute('NameQualifier'),
      spNameQualifier: name.attribute('SPNameQualifier'),
    }),
    attributes: Object.fromEntries(
      attributes.map((one) => [one.attribute('Name') ?? '', one.all('AttributeValue').map(({ text }) => text)]),
    ),
    ...defined({
      authnContextClassRef: statement.first('AuthnContext', 'AuthnContextClassRef')?.text,
      authnInstant: statement.attribute('AuthnInstant'),
      sessionIndex: statement.attribute('SessionIndex'),
      sessionNotOnOrAfter: statement.attribute('SessionNotOnOrAfter'),
    }),
  };
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** Without the properties that are undefined. */
function defined<T extends object>(
  given: T,
): Partial<Defined<T>> & { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as never;
}

export function decoded(message: string): string {
  return Buffer.from(message, 'base64').toString('utf8');
}

function refused(description: string): ApplicationError {
  return new ApplicationError(400, 'invalid_response', description);
}
