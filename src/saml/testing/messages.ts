import { createHash, randomUUID, sign as signOctets } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { SignedXml } from 'xml-crypto';
import type { Identity } from './identity.ts';

/** Messages as a service provider would send them, for tests; built and signed without any code of the gate's. */

export const NOW = Date.parse('2026-11-20T10:00:00Z');
export const IDP = 'https://idp.example.org';
export const ENDPOINTS = { sso: `${IDP}/saml/sso`, slo: `${IDP}/saml/slo` } as const;
export const SP = 'https://sp.example.org/metadata';

export const SIGNATURE = {
  rsa256: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
  rsa384: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha384',
  rsa512: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512',
  ec256: 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256',
  ec384: 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384',
  ec512: 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512',
  rsa1: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1',
  hmac256: 'http://www.w3.org/2001/04/xmldsig-more#hmac-sha256',
} as const;

export const DIGEST = {
  sha256: 'http://www.w3.org/2001/04/xmlenc#sha256',
  sha384: 'http://www.w3.org/2001/04/xmldsig-more#sha384',
  sha512: 'http://www.w3.org/2001/04/xmlenc#sha512',
  sha1: 'http://www.w3.org/2000/09/xmldsig#sha1',
} as const;

export const EXCLUSIVE = 'http://www.w3.org/2001/10/xml-exc-c14n#';
export const ENVELOPED = 'http://www.w3.org/2000/09/xmldsig#enveloped-signature';

export interface MessageOptions {
  id?: string;
  issuer?: string;
  /** Epoch milliseconds. */
  instant?: number;
  destination?: string | null;
  /** Further attributes of the root, written as they are. */
  attributes?: string;
  /** Elements after Issuer, written as they are. */
  content?: string;
}

export const newId = (): string => `_${randomUUID()}`;

function message(name: string, options: MessageOptions, endpoint: string, content: string): string {
  const { id = newId(), issuer = SP, instant = NOW, destination = endpoint, attributes = '' } = options;
  return (
    `<samlp:${name} xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"` +
    ` ID="${id}" Version="2.0" IssueInstant="${new Date(instant).toISOString()}"` +
    `${destination === null ? '' : ` Destination="${destination}"`}${attributes && ` ${attributes}`}>` +
    `<saml:Issuer>${issuer}</saml:Issuer>${content}</samlp:${name}>`
  );
}

export const authnRequest = (options: MessageOptions = {}): string =>
  message('AuthnRequest', options, ENDPOINTS.sso, options.content ?? '<samlp:NameIDPolicy AllowCreate="true"/>');

export const logoutRequest = (options: MessageOptions = {}): string =>
  message(
    'LogoutRequest',
    options,
    ENDPOINTS.slo,
    options.content ??
      '<saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">abc</saml:NameID><samlp:SessionIndex>s1</samlp:SessionIndex>',
  );

export const logoutResponse = (options: MessageOptions & { inResponseTo?: string } = {}): string =>
  message(
    'LogoutResponse',
    { ...options, attributes: `InResponseTo="${options.inResponseTo ?? '_r'}"` },
    ENDPOINTS.slo,
    options.content ??
      '<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>',
  );

export const soap = (xml: string): string =>
  `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>${xml}</soap:Body></soap:Envelope>`;

export interface SigningOptions {
  /** URI; by default SHA-256 with the key's own kind. */
  algorithm?: string;
  digest?: string;
  transforms?: readonly string[];
  canonicalization?: string;
  /** InclusiveNamespaces PrefixList of the reference. */
  prefixes?: string[];
  /** Local name of the element to sign; the document's root by default. */
  element?: string;
  /** Written into KeyInfo: an identity that may be another than the signer. */
  keyInfo?: Identity;
}

const algorithmOf = (signer: Identity): string => (signer.type === 'rsa' ? SIGNATURE.rsa256 : SIGNATURE.ec256);

/** What xml-crypto doesn't bring: ECDSA, RSA with SHA-384 and the digest SHA-384. */
function extend(signed: SignedXml, signer: Identity, algorithm: string): void {
  if (algorithm !== SIGNATURE.hmac256) {
    const getSignature = (octets: unknown): string => signature(String(octets), signer, algorithm);
    signed.SignatureAlgorithms[algorithm] = class {
      getSignature = getSignature;
      verifySignature = (): boolean => false;
      getAlgorithmName = (): string => algorithm;
    } as (typeof signed.SignatureAlgorithms)[string];
  }
  signed.HashAlgorithms[DIGEST.sha384] = class {
    getHash = (octets: string): string => createHash('sha384').update(octets).digest('base64');
    getAlgorithmName = (): string => DIGEST.sha384;
  };
}

/** Signs with xml-crypto: an enveloped signature right after Issuer (or first, in metadata). */
export function sign(xml: string, signer: Identity, options: SigningOptions = {}): string {
  const element = options.element ?? /^(?:<\?[^>]*\?>\s*)?<(?:[\w-]+:)?([\w-]+)/.exec(xml)?.[1] ?? '';
  const at = `//*[local-name(.)='${element}']`;
  const signed = new SignedXml({
    privateKey: signer.privateKeyPem,
    signatureAlgorithm: options.algorithm ?? algorithmOf(signer),
    canonicalizationAlgorithm: options.canonicalization ?? EXCLUSIVE,
    ...(options.keyInfo && { publicCert: options.keyInfo.certificatePem }),
  });
  extend(signed, signer, options.algorithm ?? algorithmOf(signer));
  signed.addReference({
    xpath: at,
    digestAlgorithm: options.digest ?? DIGEST.sha256,
    transforms: [...(options.transforms ?? [ENVELOPED, EXCLUSIVE])],
    ...(options.prefixes && { inclusiveNamespacesPrefixList: options.prefixes }),
  });
  const issuer = "(//*[local-name(.)='Issuer'])[1]";
  signed.computeSignature(xml, {
    prefix: 'ds',
    location: xml.includes('Issuer>') ? { reference: issuer, action: 'after' } : { reference: at, action: 'prepend' },
  });
  return signed.getSignedXml();
}

export interface RedirectOptions {
  signer?: Identity;
  algorithm?: string;
  relayState?: string;
  parameter?: 'SAMLRequest' | 'SAMLResponse';
  /** Of the signature value of ECDSA: r and s as in XML Signature by default. */
  encoding?: 'ieee-p1363' | 'der';
}

const parameterOf = (xml: string): 'SAMLRequest' | 'SAMLResponse' =>
  /^<samlp:\w+Response/.test(xml) ? 'SAMLResponse' : 'SAMLRequest';

/** Query of the redirect binding (saml-bindings section 3.4.4.1). */
export function redirect(xml: string, options: RedirectOptions = {}): string {
  const { signer, relayState, parameter = parameterOf(xml), encoding = 'ieee-p1363' } = options;
  const octets = [
    `${parameter}=${encodeURIComponent(deflateRawSync(Buffer.from(xml)).toString('base64'))}`,
    ...(relayState === undefined ? [] : [`RelayState=${encodeURIComponent(relayState)}`]),
  ].join('&');
  if (!signer) return octets;
  const algorithm = options.algorithm ?? algorithmOf(signer);
  const signed = `${octets}&SigAlg=${encodeURIComponent(algorithm)}`;
  return `${signed}&Signature=${encodeURIComponent(signature(signed, signer, algorithm, encoding))}`;
}

/** Base64 of a signature over text. */
export function signature(
  octets: string,
  signer: Identity,
  algorithm = algorithmOf(signer),
  encoding: 'ieee-p1363' | 'der' = 'ieee-p1363',
): string {
  const hash = /sha\d+$/.exec(algorithm)?.[0] ?? 'sha256';
  return signOctets(hash, Buffer.from(octets), { key: signer.privateKey, dsaEncoding: encoding }).toString('base64');
}

/** Body of the POST binding's form (saml-bindings section 3.5.4). */
export function post(xml: string | Buffer, relayState?: string): string {
  const form = new URLSearchParams({
    [parameterOf(xml.toString())]: Buffer.from(xml).toString('base64'),
    ...(relayState !== undefined && { RelayState: relayState }),
  });
  return form.toString();
}
