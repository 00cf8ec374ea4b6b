import { constants, createCipheriv, publicEncrypt, randomBytes } from 'node:crypto';
import type { Expected } from '../response/model.ts';
import type { Identity } from './identity.ts';
import { NOW, sign } from './messages.ts';

/** Responses as an identity provider would send them, for tests: written by hand, signed and encrypted without any code of ours. */

export const UPSTREAM = 'https://idp.partner.example/shibboleth';
export const OURS = 'https://login.example.org/saml/partner';
export const ACS = 'https://login.example.org/saml/partner/acs';
export const REQUEST = '_request';
export const CONTEXT = 'https://refeds.org/profile/mfa';
const STATUS = 'urn:oasis:names:tc:SAML:2.0:status:';
const NAMES = 'xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"';

/** What an assertion says; `null` leaves something out. Times are epoch milliseconds. */
export interface Asserting {
  id?: string;
  issuer?: string;
  instant?: number;
  name?: string;
  format?: string;
  /** Inside Subject, in place of NameID. */
  subject?: string;
  /** In place of all SubjectConfirmations. */
  confirmation?: string;
  recipient?: string | null;
  inResponseTo?: string | null;
  notBefore?: number;
  notOnOrAfter?: number | null;
  confirmedUntil?: number | null;
  audience?: string | null;
  /** Further conditions. */
  conditions?: string;
  authnInstant?: number;
  contextClass?: string;
  /** In place of the AuthnStatement. */
  statements?: string;
  attributes?: string;
  /** Before Subject: nothing of the schema's. */
  version?: string;
}

export const iso = (at: number): string => new Date(at).toISOString();
const given = (name: string, value: string | null): string => (value === null ? '' : ` ${name}="${value}"`);
const until = (name: string, at: number | null): string => given(name, at === null ? null : iso(at));

export function confirmation(it: Asserting = {}, inside = ''): string {
  const { recipient = ACS, inResponseTo = REQUEST, confirmedUntil = NOW + 300_000 } = it;
  const data = `${until('NotOnOrAfter', confirmedUntil)}${given('Recipient', recipient)}${given('InResponseTo', inResponseTo)}`;
  return `<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">${inside}<saml:SubjectConfirmationData${data}/></saml:SubjectConfirmation>`;
}

export function authnStatement(it: Asserting = {}): string {
  const { authnInstant = NOW - 1000, contextClass = CONTEXT } = it;
  return `<saml:AuthnStatement AuthnInstant="${iso(authnInstant)}" SessionIndex="s-1"><saml:AuthnContext><saml:AuthnContextClassRef>${contextClass}</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>`;
}

export const attribute = (name: string, ...values: string[]): string =>
  `<saml:Attribute Name="${name}" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri">${values
    .map((value) => `<saml:AttributeValue>${value}</saml:AttributeValue>`)
    .join('')}</saml:Attribute>`;

export function assertion(it: Asserting = {}): string {
  const { id = '_assertion', issuer = UPSTREAM, instant = NOW, name = 'alice', attributes = '', version = '2.0' } = it;
  const { format = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent', audience = OURS, conditions = '' } = it;
  const { notBefore = NOW - 1000, notOnOrAfter = NOW + 300_000 } = it;
  const subject = it.subject ?? `<saml:NameID Format="${format}">${name}</saml:NameID>`;
  const restricted =
    audience === null
      ? ''
      : `<saml:AudienceRestriction><saml:Audience>${audience}</saml:Audience></saml:AudienceRestriction>`;
  const statement = attributes && `<saml:AttributeStatement>${attributes}</saml:AttributeStatement>`;
  return (
    `<saml:Assertion ${NAMES} ID="${id}" Version="${version}" IssueInstant="${iso(instant)}"><saml:Issuer>${issuer}</saml:Issuer>` +
    `<saml:Subject>${subject}${it.confirmation ?? confirmation(it)}</saml:Subject>` +
    `<saml:Conditions${until('NotBefore', notBefore)}${until('NotOnOrAfter', notOnOrAfter)}>${restricted}${conditions}</saml:Conditions>` +
    `${it.statements ?? authnStatement(it)}${statement}</saml:Assertion>`
  );
}

export interface Responding {
  id?: string;
  issuer?: string | null;
  instant?: number;
  destination?: string | null;
  inResponseTo?: string | null;
  /** Last parts of status codes, the top-level one first. */
  status?: readonly string[];
  /** Before Status. */
  extensions?: string;
}

/** A Response around what is given. */
export function response(content: string, it: Responding = {}): string {
  const { id = '_response', issuer = UPSTREAM, instant = NOW, destination = ACS, inResponseTo = REQUEST } = it;
  const code = (it.status ?? ['Success']).reduceRight(
    (inner, value) => `<samlp:StatusCode Value="${STATUS}${value}">${inner}</samlp:StatusCode>`,
    '',
  );
  const said = issuer === null ? '' : `<saml:Issuer>${issuer}</saml:Issuer>`;
  return (
    `<samlp:Response ${NAMES} ID="${id}" Version="2.0" IssueInstant="${iso(instant)}"${given('Destination', destination)}${given('InResponseTo', inResponseTo)}>` +
    `${said}${it.extensions ?? ''}<samlp:Status>${code}</samlp:Status>${content}</samlp:Response>`
  );
}

export const signedAssertion = (signer: Identity, it: Asserting = {}): string =>
  sign(assertion(it), signer, { element: 'Assertion' });

export const signedResponse = (signer: Identity, content: string, it: Responding = {}): string =>
  sign(response(content, it), signer, { element: 'Response' });

export interface Encrypting {
  data?: 'aes256-gcm' | 'aes128-gcm' | 'aes256-cbc' | 'aes128-cbc';
  wrap?: 'rsa-oaep-mgf1p' | 'rsa-oaep' | 'rsa-1_5';
  /** Of both, digest and mask. */
  hash?: 'sha1' | 'sha256';
  /** Beside EncryptedData in place of inside. */
  beside?: boolean;
}

const XENC = 'http://www.w3.org/2001/04/xmlenc#';
const ENC11 = 'http://www.w3.org/2009/xmlenc11#';
const DS = 'http://www.w3.org/2000/09/xmldsig#';
const DIGESTS = { sha1: `${DS}sha1`, sha256: `${XENC}sha256` };

/** XML Encryption by hand, for the holder of an RSA key. */
export function encrypted(text: string, to: Identity, it: Encrypting = {}): string {
  const { data = 'aes256-gcm', wrap = 'rsa-oaep-mgf1p', hash = 'sha1', beside = false } = it;
  const key = randomBytes(data.startsWith('aes256') ? 32 : 16);
  const wrapping = `${wrap === 'rsa-oaep' ? ENC11 : XENC}${wrap}`;
  const padding = wrap === 'rsa-1_5' ? constants.RSA_PKCS1_PADDING : constants.RSA_PKCS1_OAEP_PADDING;
  const wrapped = publicEncrypt({ key: to.publicKey, padding, oaepHash: hash }, key);
  const mask = wrap === 'rsa-oaep' ? `<e:MGF xmlns:e="${ENC11}" Algorithm="${ENC11}mgf1${hash}"/>` : '';
  const encryptedKey =
    `<xenc:EncryptedKey xmlns:xenc="${XENC}"><xenc:EncryptionMethod Algorithm="${wrapping}"><ds:DigestMethod xmlns:ds="${DS}" Algorithm="${DIGESTS[hash]}"/>${mask}</xenc:EncryptionMethod>` +
    `${cipherData(wrapped)}</xenc:EncryptedKey>`;
  const info = beside ? '' : `<ds:KeyInfo xmlns:ds="${DS}">${encryptedKey}</ds:KeyInfo>`;
  return (
    `<saml:EncryptedAssertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"><xenc:EncryptedData xmlns:xenc="${XENC}" Type="${XENC}Element">` +
    `<xenc:EncryptionMethod Algorithm="${data.endsWith('gcm') ? ENC11 : XENC}${data}"/>${info}${cipherData(cipherText(text, key, data))}</xenc:EncryptedData>` +
    `${beside ? encryptedKey : ''}</saml:EncryptedAssertion>`
  );
}

function cipherText(text: string, key: Buffer, data: NonNullable<Encrypting['data']>): Buffer {
  const bits = key.length === 32 ? 256 : 128;
  if (data.endsWith('gcm')) {
    const nonce = randomBytes(12);
    const cipher = createCipheriv(bits === 256 ? 'aes-256-gcm' : 'aes-128-gcm', key, nonce);
    return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  }
  const vector = randomBytes(16);
  const cipher = createCipheriv(`aes-${bits}-cbc`, key, vector);
  return Buffer.concat([vector, cipher.update(text, 'utf8'), cipher.final()]);
}

const cipherData = (value: Buffer): string =>
  `<xenc:CipherData><xenc:CipherValue>${value.toString('base64')}</xenc:CipherValue></xenc:CipherData>`;

/** What we go by of a provider that signs with these keys. */
export const expecting = (signers: readonly Identity[], more: Partial<Expected> = {}): Expected => ({
  now: NOW,
  skew: 180_000,
  issuer: UPSTREAM,
  certificates: signers.map(({ certificate }) => certificate),
  audience: OURS,
  recipient: ACS,
  inResponseTo: REQUEST,
  decryption: [],
  ...more,
});
