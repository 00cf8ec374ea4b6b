import { XML_SHAPE } from '../../core/xml-bounds.ts';
import { MESSAGE_BOUNDS } from '../gate/document.ts';
import { entity, signed as signedMetadata } from '../metadata/testing/documents.ts';
import type { Identity } from './identity.ts';
import { authnRequest, EXCLUSIVE, type MessageOptions, sign, signature } from './messages.ts';

/** Messages that cost as much as they can: everybody can send them, for nobody's signature is needed. */

export interface Weights {
  /** Elements inside `Extensions`. */
  elements: number;
  /** Attributes of each of them. */
  attributes: number;
  /** Namespaces declared at the root. */
  declarations: number;
  /** Names of each PrefixList. */
  prefixes: number;
  /** Elements inside each other. */
  depth: number;
}

/** What the bounds leave, some of it used up by the message itself. */
export const HEAVIEST: Weights = {
  elements: MESSAGE_BOUNDS.elements - 40,
  attributes: 1,
  declarations: MESSAGE_BOUNDS.declarations - 6,
  prefixes: XML_SHAPE.prefixes,
  depth: MESSAGE_BOUNDS.depth - 4,
};

/** A list of so many, each made of its number. */
const list = (count: number, each: (n: number) => string): string =>
  Array.from({ length: count }, (_, n) => each(n)).join(' ');

/** Elements in towers of the depth that is asked for. */
function towers({ elements, attributes, depth }: Weights): string {
  const own = list(attributes, (n) => `n0:a${n}=""`);
  const level = Math.min(depth, elements);
  const tower = `<n1:y ${own}>`.repeat(level) + '</n1:y>'.repeat(level);
  return tower.repeat(Math.floor(elements / Math.max(level, 1)));
}

const prefixList = (weights: Weights): string =>
  `<ec:InclusiveNamespaces xmlns:ec="${EXCLUSIVE}" PrefixList="${list(weights.prefixes, (n) => `n${n}`)}"/>`;

/**
 * A message of that weight, with a signature in which nothing is right but the form: its prefix lists make whoever
 * canonicalises look each prefix up among all declarations at every element.
 */
export function heavy(weights: Weights, signer: Identity, options: MessageOptions = {}): string {
  const declarations = list(weights.declarations, (n) => `xmlns:n${n}="urn:n${n}"`);
  const content = `<samlp:Extensions>${towers(weights)}</samlp:Extensions>${options.content ?? ''}`;
  const light = authnRequest({ ...options, content: '<samlp:NameIDPolicy AllowCreate="true"/>' });
  const signed = sign(light, signer)
    .replace('<samlp:NameIDPolicy AllowCreate="true"/>', content)
    .replace(/<samlp:(\w+) /, (start) => `${start}${declarations} `);
  return ['CanonicalizationMethod', 'Transform'].reduce(
    (xml, name) =>
      xml.replace(
        `<ds:${name} Algorithm="${EXCLUSIVE}"/>`,
        `<ds:${name} Algorithm="${EXCLUSIVE}">${prefixList(weights)}</ds:${name}>`,
      ),
    signed,
  );
}

/**
 * Metadata of one entity of about so many bytes, as costly to canonicalise as the bounds allow. The signature is this
 * signer's, so that it is canonicalised; the digest is of something else.
 */
export function heavyMetadata(bytes: number, signer: Identity): string {
  const declarations = list(XML_SHAPE.declarations - 4, (n) => `xmlns:n${n}="urn:n${n}"`);
  const inclusive = prefixList(HEAVIEST).replace('/>', '></ec:InclusiveNamespaces>');
  const filler = `<md:Extensions>${'<n1:y n2:a=""/>'.repeat(bytes / 16)}</md:Extensions>`;
  const xml = signedMetadata(entity(), signer.privateKey)
    .replace('<md:EntityDescriptor ', `<md:EntityDescriptor ${declarations} `)
    .replace('</ds:Signature>', `</ds:Signature>${filler}`)
    .replace(`"${EXCLUSIVE}"></ds:Transform>`, `"${EXCLUSIVE}">${inclusive}</ds:Transform>`);
  const signedInfo = /<ds:SignedInfo>.*<\/ds:SignedInfo>/s.exec(xml)?.[0] ?? '';
  const octets = signedInfo.replace('>', ' xmlns:ds="http://www.w3.org/2000/09/xmldsig#">');
  return xml.replace(/(?<=<ds:SignatureValue>)[^<]*/, signature(octets, signer));
}
