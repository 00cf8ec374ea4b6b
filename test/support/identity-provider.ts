import { createCipheriv, publicEncrypt, randomBytes, randomUUID, X509Certificate } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createIdentity, type Identity } from '../../src/saml/testing/identity.ts';
import { sign } from '../../src/saml/testing/messages.ts';

const STATUS = 'urn:oasis:names:tc:SAML:2.0:status:';
const BINDING = 'urn:oasis:names:tc:SAML:2.0:bindings:';
const NAMES = 'xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"';

/** What a response says; everything may be wrong. */
export interface Saying {
  entityId: string;
  acs: string;
  inResponseTo?: string;
  destination?: string;
  audience?: string;
  recipient?: string;
  issuer?: string;
  /** How long the assertion is good, milliseconds from now. */
  lasts?: number;
  classRef?: string;
  authnInstant?: number;
  id?: string;
  name?: string;
  /** Last part of its format; persistent by default. */
  nameFormat?: string;
  /** How long the confirmation is good where that is less, milliseconds. */
  confirmed?: number;
  sessionIndex?: string;
  /** SessionNotOnOrAfter, epoch milliseconds. */
  until?: number;
  attributes?: string;
  sign?: 'both' | 'assertion' | 'response';
  signer?: Identity;
  /** Certificate to encrypt for, PEM. */
  encryptFor?: string;
  /** Last parts of codes: no assertion then. */
  status?: readonly [string, string];
}

/** An identity provider without a person: it says what a test tells it to. */
export class FakeIdentityProvider {
  readonly url: string;
  identity: Identity;
  /** Published beside the first. */
  further: Identity[] = [];
  entityId: string;
  readonly #server: Server;

  constructor(server: Server, identity: Identity) {
    this.#server = server;
    this.identity = identity;
    this.url = `http://localhost:${(server.address() as AddressInfo).port}`;
    this.entityId = this.url;
    server.on('request', (_request, response) => response.end(this.metadata()));
  }

  static async start(): Promise<FakeIdentityProvider> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
    return new FakeIdentityProvider(server, await createIdentity());
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  metadata(): string {
    const key = ({ certificate }: Identity) =>
      `<md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>${certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`;
    const service = (name: string, binding: string, path: string) =>
      `<md:${name} Binding="${BINDING}${binding}" Location="${this.url}${path}"/>`;
    return `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="${this.entityId}"><md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">${[this.identity, ...this.further].map(key).join('')}${service('SingleLogoutService', 'HTTP-Redirect', '/slo')}${service('SingleSignOnService', 'HTTP-Redirect', '/sso')}${service('SingleSignOnService', 'HTTP-POST', '/sso')}</md:IDPSSODescriptor></md:EntityDescriptor>`;
  }

  /** A response's XML. */
  response(saying: Saying): string {
    const { signer = this.identity } = saying;
    const signs = saying.sign ?? 'both';
    let inner = '';
    if (saying.status === undefined) {
      inner = this.assertion(saying);
      if (signs !== 'response') inner = sign(inner, signer, { element: 'Assertion' });
      if (saying.encryptFor !== undefined) inner = encrypted(inner, saying.encryptFor);
    }
    const xml = this.around(saying, inner);
    return signs === 'assertion' ? xml : sign(xml, signer, { element: 'Response' });
  }

  /** An unsigned Response with that in it. */
  around(saying: Saying, inner: string, { id = `_${randomUUID()}`, extensions = '' } = {}): string {
    const { issuer = this.entityId, destination = saying.acs } = saying;
    const [top, second] = saying.status ?? ['Success', ''];
    const codes = `<samlp:StatusCode Value="${STATUS}${top}">${second && `<samlp:StatusCode Value="${STATUS}${second}"/>`}</samlp:StatusCode>`;
    return `<samlp:Response ${NAMES} ID="${id}" Version="2.0" IssueInstant="${at(0)}" Destination="${destination}"${answeredBy(saying)}><saml:Issuer>${issuer}</saml:Issuer>${extensions}<samlp:Status>${codes}</samlp:Status>${inner}</samlp:Response>`;
  }

  /** Unsigned. */
  assertion(saying: Saying): string {
    const {
      lasts = 60_000,
      confirmed = lasts,
      issuer = this.entityId,
      recipient = saying.acs,
      audience = saying.entityId,
    } = saying;
    const { id = `_${randomUUID()}`, name = 'name-of-alice', attributes = '', authnInstant = Date.now() } = saying;
    const { classRef = 'https://refeds.org/profile/sfa', nameFormat = 'persistent' } = saying;
    const version = nameFormat === 'emailAddress' || nameFormat === 'unspecified' ? '1.1' : '2.0';
    const qualifiers =
      nameFormat === 'persistent' ? ` NameQualifier="${this.entityId}" SPNameQualifier="${saying.entityId}"` : '';
    return `<saml:Assertion ${NAMES} ID="${id}" Version="2.0" IssueInstant="${at(0)}"><saml:Issuer>${issuer}</saml:Issuer><saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:${version}:nameid-format:${nameFormat}"${qualifiers}>${name}</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData NotOnOrAfter="${at(confirmed)}" Recipient="${recipient}"${answeredBy(saying)}/></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="${at(-1000)}" NotOnOrAfter="${at(lasts)}"><saml:AudienceRestriction><saml:Audience>${audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="${new Date(authnInstant).toISOString()}" SessionIndex="${saying.sessionIndex ?? 'index-1'}"${ending(saying)}><saml:AuthnContext><saml:AuthnContextClassRef>${classRef}</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>${attributes}</saml:Assertion>`;
  }

  /** An unsigned LogoutRequest or LogoutResponse. */
  logout(name: 'LogoutRequest' | 'LogoutResponse', destination: string, attributes: string, content: string): string {
    return `<samlp:${name} ${NAMES} ID="_${randomUUID()}" Version="2.0" IssueInstant="${at(0)}" Destination="${destination}" ${attributes}><saml:Issuer>${this.entityId}</saml:Issuer>${content}</samlp:${name}>`;
  }
}

const ending = ({ until }: Pick<Saying, 'until'>): string =>
  until === undefined ? '' : ` SessionNotOnOrAfter="${new Date(until).toISOString()}"`;

const answeredBy = ({ inResponseTo }: Pick<Saying, 'inResponseTo'>): string =>
  inResponseTo === undefined ? '' : ` InResponseTo="${inResponseTo}"`;

export const statusElement = (top: string, second = ''): string =>
  `<samlp:Status><samlp:StatusCode Value="${STATUS}${top}">${second && `<samlp:StatusCode Value="${STATUS}${second}"/>`}</samlp:StatusCode></samlp:Status>`;

/** XML Encryption 1.1 with AES-256-GCM and RSA-OAEP, written by hand. */
export function encrypted(assertion: string, certificate: string): string {
  const key = randomBytes(32);
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  const data = Buffer.concat([nonce, cipher.update(assertion, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  const wrapped = publicEncrypt({ key: new X509Certificate(certificate).publicKey, oaepHash: 'sha1' }, key);
  return `<saml:EncryptedAssertion><xenc:EncryptedData xmlns:xenc="http://www.w3.org/2001/04/xmlenc#" Type="http://www.w3.org/2001/04/xmlenc#Element"><xenc:EncryptionMethod Algorithm="http://www.w3.org/2009/xmlenc11#aes256-gcm"/><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><xenc:EncryptedKey><xenc:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"><ds:DigestMethod Algorithm="http://www.w3.org/2000/09/xmldsig#sha1"/></xenc:EncryptionMethod><xenc:CipherData><xenc:CipherValue>${wrapped.toString('base64')}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey></ds:KeyInfo><xenc:CipherData><xenc:CipherValue>${data.toString('base64')}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData></saml:EncryptedAssertion>`;
}

const at = (offset: number): string => new Date(Date.now() + offset).toISOString();
