import { inflateRawSync } from 'node:zlib';
import { type Profile, ValidateInResponseTo } from '@node-saml/node-saml';
import { SignedXml } from 'xml-crypto';
import { ApplicationError } from '../shared/error.ts';
import { newId, type Party, samlOf } from './client.ts';
import type { IdentityProvider, IdentityProviders } from './identity-provider.ts';
import type { NameId, SignedIn } from './sessions.ts';
import { decoded } from './sign-in.ts';
import { demandSuccess } from './status.ts';
import { parsed, type XmlElement } from './xml.ts';

/** Algorithms of a Redirect signature that count; node-saml would take whatever OpenSSL knows. */
const SIGNATURES = ['rsa-sha256', 'rsa-sha384', 'rsa-sha512', 'ecdsa-sha256', 'ecdsa-sha384'].map(
  (name) => `http://www.w3.org/2001/04/xmldsig-more#${name}`,
);
const PARAMETERS = ['SAMLRequest', 'SAMLResponse', 'RelayState', 'SigAlg', 'Signature'];
/** An inflated message, characters. */
const LARGEST = 256 * 1024;

/** A logout message as it came, from whichever binding. */
export interface LogoutMessage {
  kind: 'LogoutRequest' | 'LogoutResponse';
  xml: string;
  relayState?: string;
  /** Raw query of the Redirect binding; the signature is over it. */
  query?: string;
}

/** A LogoutRequest of the identity provider, its signature verified. */
export interface ReceivedLogout {
  id: string;
  nameId: NameId;
  sessionIndexes: string[];
}

/** Reads the Redirect binding (saml-bindings section 3.4.4.1): each parameter once, and a signature. */
export function fromQuery(url: string): LogoutMessage {
  const query = url.slice(url.indexOf('?') + 1);
  const parameters = new URLSearchParams(query);
  const names = [...parameters.keys()];
  if (PARAMETERS.some((name) => names.indexOf(name) !== names.lastIndexOf(name)))
    throw refused('a parameter came twice');
  // Without these node-saml takes the message for one that needs no signature.
  if (!parameters.get('Signature') || !SIGNATURES.includes(parameters.get('SigAlg') ?? '')) {
    throw refused('the message is not signed in a way that counts');
  }
  const deflated = parameters.get('SAMLRequest') ?? parameters.get('SAMLResponse') ?? '';
  return {
    ...message(parameters.has('SAMLRequest'), inflated(deflated), parameters.get('RelayState') ?? undefined),
    query,
  };
}

/** Reads the POST binding (saml-bindings section 3.5.4). */
export function fromForm(body: Readonly<Record<string, unknown>> = {}): LogoutMessage {
  const { SAMLRequest, SAMLResponse, RelayState } = body;
  const text = SAMLRequest ?? SAMLResponse;
  if (typeof text !== 'string') throw refused('there is no message');
  return message(SAMLRequest !== undefined, decoded(text), typeof RelayState === 'string' ? RelayState : undefined);
}

/** Takes the message out of its SOAP envelope (saml-bindings section 3.2.2); it declares its namespaces itself. */
export function fromEnvelope(envelope: string): LogoutMessage {
  const found =
    /^\s*(?:<\?xml[^>]*\?>)?\s*<([\w-]+):Envelope\b[^>]*>\s*<\1:Body\b[^>]*>([\s\S]*)<\/\1:Body>\s*<\/\1:Envelope>\s*$/.exec(
      envelope,
    );
  if (found?.[2] === undefined) throw refused('there is no SOAP envelope');
  return message(true, found[2].trim());
}

function message(isRequest: boolean, xml: string, relayState?: string): LogoutMessage {
  return {
    kind: isRequest ? 'LogoutRequest' : 'LogoutResponse',
    xml,
    ...(relayState === undefined ? {} : { relayState }),
  };
}

function inflated(deflated: string): string {
  try {
    return inflateRawSync(Buffer.from(deflated, 'base64'), { maxOutputLength: LARGEST }).toString('utf8');
  } catch (cause) {
    throw refused('the message is not deflated', cause);
  }
}

/** Address with a signed LogoutRequest for this session, and what its answer must fit. */
export async function logoutRequest(party: Party, idp: IdentityProvider, signedIn: SignedIn) {
  const id = newId();
  const relayState = newId();
  const { value, format, nameQualifier, spNameQualifier } = signedIn.nameId;
  const profile: Profile = {
    issuer: signedIn.issuer,
    nameID: value,
    nameIDFormat: format ?? 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified',
    ...(nameQualifier === undefined ? {} : { nameQualifier }),
    ...(spNameQualifier === undefined ? {} : { spNameQualifier }),
    ...(signedIn.sessionIndex === undefined ? {} : { sessionIndex: signedIn.sessionIndex }),
  };
  const saml = samlOf(party, idp, undefined, { generateUniqueId: () => id });
  return { url: await saml.getLogoutUrlAsync(profile, relayState, {}), id, relayState };
}

/** Checks the identity provider's LogoutRequest. Throws ApplicationError. */
export async function receivedLogout(
  party: Party,
  idps: IdentityProviders,
  incoming: LogoutMessage,
  destination: string,
): Promise<ReceivedLogout> {
  const root = await named(incoming, 'LogoutRequest');
  await idps.trusting((idp) => verified(party, idp, incoming));
  checkAddress(root, destination);
  if (!(Math.abs(Date.parse(root.attribute('IssueInstant') ?? '') - Date.now()) < 5 * 60_000)) {
    throw refused('the message is not of now');
  }
  const name = root.first('NameID');
  const format = name?.attribute('Format');
  return {
    id: root.attribute('ID') ?? '',
    nameId: { value: name?.text ?? '', ...(format === undefined ? {} : { format }) },
    sessionIndexes: root.all('SessionIndex').map(({ text }) => text),
  };
}

/** Checks the answer to our own LogoutRequest; answers its status in words. Throws ApplicationError. */
export async function finishedLogout(
  party: Party,
  idps: IdentityProviders,
  incoming: LogoutMessage,
  sent: { id: string; relayState: string } | undefined,
): Promise<string> {
  const root = await named(incoming, 'LogoutResponse');
  if (!sent || root.attribute('InResponseTo') !== sent.id || incoming.relayState !== sent.relayState) {
    throw refused("this sign-out wasn't begun in this browser");
  }
  // Before the signature, as node-saml does: a failure is only shown.
  const { codes, words } = demandSuccess(root);
  await idps.trusting((idp) => verified(party, idp, incoming));
  checkAddress(root, party.endpoints.slo);
  return codes.length > 1 ? words : 'You are signed out.';
}

async function named(incoming: LogoutMessage, name: LogoutMessage['kind']): Promise<XmlElement> {
  const root = await parsed(incoming.xml);
  if (incoming.kind !== name || root.name !== name) throw refused(`this is no ${name}`);
  return root;
}

function checkAddress(root: XmlElement, destination: string): void {
  if (root.attribute('Destination') !== destination) throw refused('the message was meant for another address');
}

/** Signature, issuer and validity. InResponseTo is checked here: node-saml looks for it in a `Response` alone. */
async function verified(party: Party, idp: IdentityProvider, incoming: LogoutMessage) {
  const saml = samlOf(party, idp, undefined, { validateInResponseTo: ValidateInResponseTo.never });
  if (incoming.query !== undefined) {
    const fields = Object.fromEntries(new URLSearchParams(incoming.query));
    return saml.validateRedirectAsync(fields, incoming.query);
  }
  const text = Buffer.from(incoming.xml).toString('base64');
  return incoming.kind === 'LogoutRequest'
    ? saml.validatePostRequestAsync({ SAMLRequest: text })
    : saml.validatePostResponseAsync({ SAMLResponse: text });
}

/** Address with a signed LogoutResponse to the identity provider. */
export async function logoutResponse(party: Party, idp: IdentityProvider, { id }: ReceivedLogout, relayState = '') {
  const saml = samlOf(party, idp, undefined, { logoutUrl: idp.singleLogout?.response ?? '' });
  return saml.getLogoutResponseUrlAsync(asProfile(id), relayState, {}, true);
}

/** A signed LogoutResponse in its SOAP envelope. */
export function logoutEnvelope(party: Party, idp: IdentityProvider, { id }: ReceivedLogout): string {
  const saml = samlOf(party, idp, undefined, { logoutUrl: idp.singleLogout?.response ?? '' });
  const xml = saml._generateLogoutResponse(asProfile(id), true).replace(/^<\?xml[^>]*\?>/, '');
  const root = "/*[local-name(.)='LogoutResponse']";
  const signed = new SignedXml({
    privateKey: party.keys.signing.privateKey,
    publicCert: party.keys.signing.certificate,
    signatureAlgorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    canonicalizationAlgorithm: 'http://www.w3.org/2001/10/xml-exc-c14n#',
  });
  signed.addReference({
    xpath: root,
    digestAlgorithm: 'http://www.w3.org/2001/04/xmlenc#sha256',
    transforms: ['http://www.w3.org/2000/09/xmldsig#enveloped-signature', 'http://www.w3.org/2001/10/xml-exc-c14n#'],
  });
  signed.computeSignature(xml, { location: { reference: `${root}/*[local-name(.)='Issuer']`, action: 'after' } });
  return `<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body>${signed.getSignedXml()}</S:Body></S:Envelope>`;
}

/** What node-saml needs of a request to answer it. */
function asProfile(id: string): Profile {
  return { ID: id, issuer: '', nameID: '', nameIDFormat: '' };
}

function refused(description: string, cause?: unknown): ApplicationError {
  return new ApplicationError(400, 'invalid_message', description, { cause });
}
