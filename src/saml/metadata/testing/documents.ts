import { createHash, type KeyObject, sign } from 'node:crypto';

/** Metadata documents for tests, in canonical form, so that even a large one is signed without a parser. */

const NAMESPACES = {
  ds: 'http://www.w3.org/2000/09/xmldsig#',
  md: 'urn:oasis:names:tc:SAML:2.0:metadata',
};
const EXCLUSIVE = 'http://www.w3.org/2001/10/xml-exc-c14n#';
const ENVELOPED = `${NAMESPACES.ds}enveloped-signature`;
const SHA256 = 'http://www.w3.org/2001/04/xmlenc#sha256';
const RSA_SHA256 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256';
export const POST = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST';

export interface EntityOptions {
  entityId?: string;
  /** Base64 DER; a KeyDescriptor for each, for every use. */
  certificates?: readonly string[];
  /** XML in place of the KeyDescriptors. */
  keys?: string;
  /** XML in place of the AssertionConsumerService. */
  consumers?: string;
  /** XML at the beginning of the role: `md:Extensions` and what may follow it. */
  role?: string;
  /** XML at the end of the role. */
  services?: string;
  /** XML at the beginning of the entity. */
  extensions?: string;
  /** XML at the end of the entity. */
  end?: string;
  /** Attributes of the entity, as they are written. */
  attributes?: string;
  /** Attributes of the role, as they are written. */
  roleAttributes?: string;
}

export function consumer(location: string, index = 0, rest = ''): string {
  return `<md:AssertionConsumerService Binding="${POST}" Location="${location}" index="${index}"${rest}></md:AssertionConsumerService>`;
}

export function keyDescriptor(certificate: string, use?: 'signing' | 'encryption'): string {
  const data = `<ds:KeyInfo xmlns:ds="${NAMESPACES.ds}"><ds:X509Data><ds:X509Certificate>${certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>`;
  return `<md:KeyDescriptor${use === undefined ? '' : ` use="${use}"`}>${data}</md:KeyDescriptor>`;
}

/** An `EntityDescriptor` that declares no namespace: for `document` or `group`. */
export function entity(options: EntityOptions = {}): string {
  const {
    entityId = 'https://sp.example.org/metadata',
    certificates = [],
    attributes = '',
    roleAttributes = '',
  } = options;
  const keys = options.keys ?? certificates.map((certificate) => keyDescriptor(certificate)).join('');
  const consumers = options.consumers ?? consumer('https://sp.example.org/acs');
  return (
    `<md:EntityDescriptor${attributes} entityID="${entityId}">${options.extensions ?? ''}` +
    `<md:SPSSODescriptor${roleAttributes} protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">` +
    `${options.role ?? ''}${keys}${consumers}${options.services ?? ''}</md:SPSSODescriptor>${options.end ?? ''}</md:EntityDescriptor>`
  );
}

/** Makes an element that `entity` or `group` wrote the root: it declares the namespace. */
export function document(xml: string, attributes = ''): string {
  return xml.replace(/^<md:(\w+)/, `<md:$1 xmlns:md="${NAMESPACES.md}"${attributes}`);
}

export function group(entities: readonly string[], attributes = ''): string {
  return `<md:EntitiesDescriptor${attributes}>${entities.join('')}</md:EntitiesDescriptor>`;
}

/**
 * Signs a document: its text must be in exclusive canonical form. `attributes`: further ones of the root, which sort
 * after `ID` or are `cacheDuration`.
 */
export function signed(xml: string, key: KeyObject, { validUntil = '', id = '_doc' } = {}): string {
  const until = validUntil === '' ? '' : ` validUntil="${validUntil}"`;
  const entityId = /^<md:EntityDescriptor entityID="[^"]*"/.exec(xml)?.[0];
  const root =
    entityId === undefined
      ? document(xml, ` ID="${id}"${until}`)
      : `${document(entityId, ` ID="${id}"`)}${until}${xml.slice(entityId.length)}`;
  const digest = createHash('sha256').update(root).digest('base64');
  const info =
    `<ds:CanonicalizationMethod Algorithm="${EXCLUSIVE}"></ds:CanonicalizationMethod>` +
    `<ds:SignatureMethod Algorithm="${RSA_SHA256}"></ds:SignatureMethod>` +
    `<ds:Reference URI="#${id}"><ds:Transforms><ds:Transform Algorithm="${ENVELOPED}"></ds:Transform>` +
    `<ds:Transform Algorithm="${EXCLUSIVE}"></ds:Transform></ds:Transforms>` +
    `<ds:DigestMethod Algorithm="${SHA256}"></ds:DigestMethod><ds:DigestValue>${digest}</ds:DigestValue></ds:Reference>`;
  const octets = `<ds:SignedInfo xmlns:ds="${NAMESPACES.ds}">${info}</ds:SignedInfo>`;
  const value = sign('sha256', Buffer.from(octets), key).toString('base64');
  const signature = `<ds:Signature xmlns:ds="${NAMESPACES.ds}"><ds:SignedInfo>${info}</ds:SignedInfo><ds:SignatureValue>${value}</ds:SignatureValue></ds:Signature>`;
  const end = root.indexOf('>') + 1;
  return root.slice(0, end) + signature + root.slice(end);
}
