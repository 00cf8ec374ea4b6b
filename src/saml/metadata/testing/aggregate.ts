import { randomBytes } from 'node:crypto';
import type { Identity } from '../../testing/identity.ts';
import { consumer, entity, group, keyDescriptor, signed } from './documents.ts';

const LANGUAGES = ['en', 'de', 'fr', 'es', 'zh-Hant'];
const MDUI = 'urn:oasis:names:tc:SAML:metadata:ui';
const ATTRIBUTES = ['2.5.4.3', '2.5.4.4', '2.5.4.42', '0.9.2342.19200300.100.1.3', '1.3.6.1.4.1.5923.1.1.1.6'];

export const aggregateId = (index: number): string =>
  `https://sp${index}.institute-${index % 700}.example.org/shibboleth`;

/**
 * An aggregate of so many service providers, each with some 8 kB as in eduGAIN's: names in five languages, a
 * certificate of its own, endpoints, attributes, contacts.
 */
export function aggregate(count: number, template: Identity, signer: Identity, validUntil: string): string {
  const der = Buffer.from(template.certificate, 'base64');
  const modulus = der.indexOf(Buffer.from(template.publicKey.export({ format: 'jwk' }).n ?? '', 'base64url'));
  const entities = Array.from({ length: count }, (_, index) => provider(index, unlike(der, modulus)));
  return signed(group(entities), signer.privateKey, { validUntil });
}

/** A certificate that parses, with another modulus and another signature: random, as real ones are to whoever packs them. */
function unlike(der: Buffer, modulus: number): string {
  const copy = Buffer.from(der);
  randomBytes(254).copy(copy, modulus + 1);
  randomBytes(250).copy(copy, copy.length - 250);
  return copy.toString('base64');
}

function provider(index: number, certificate: string): string {
  const host = new URL(aggregateId(index)).origin;
  const texts = (name: string, text: string) =>
    LANGUAGES.map((language) => `<mdui:${name} xml:lang="${language}">${text}</mdui:${name}>`).join('');
  const description = `Service ${index} of an institute that offers instruments, data sets and courses to researchers of all member institutions. `;
  return entity({
    entityId: aggregateId(index),
    extensions: `<md:Extensions><mdattr:EntityAttributes xmlns:mdattr="urn:oasis:names:tc:SAML:metadata:attribute"><saml:Attribute xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" Name="http://macedir.org/entity-category"><saml:AttributeValue>http://refeds.org/category/research-and-scholarship</saml:AttributeValue></saml:Attribute></mdattr:EntityAttributes></md:Extensions>`,
    role: `<md:Extensions><mdui:UIInfo xmlns:mdui="${MDUI}">${texts('DisplayName', `Service ${index}`)}${texts('Description', description.repeat(5))}${texts('InformationURL', `${host}/about`)}</mdui:UIInfo></md:Extensions>`,
    keys: keyDescriptor(certificate),
    consumers: [0, 1, 2, 3].map((at) => consumer(`${host}/Shibboleth.sso/SAML2/POST/${at}`, at)).join(''),
    services: `<md:AttributeConsumingService index="0"><md:ServiceName xml:lang="en">Service ${index}</md:ServiceName>${ATTRIBUTES.map((oid) => `<md:RequestedAttribute Name="urn:oid:${oid}" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri" isRequired="true"></md:RequestedAttribute>`).join('')}</md:AttributeConsumingService>`,
    end: `<md:ContactPerson contactType="technical"><md:GivenName>Operations</md:GivenName><md:EmailAddress>mailto:ops@sp${index}.example.org</md:EmailAddress></md:ContactPerson>`,
  });
}
