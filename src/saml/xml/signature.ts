import { createHash, type KeyObject } from 'node:crypto';
import { XML_SHAPE } from '../../core/xml-bounds.ts';
import { SamlFault } from '../errors.ts';
import { digestAlgorithm, signatureAlgorithm, verifies } from './algorithms.ts';
import { decodeBase64 } from './base64.ts';
import { type Document, type Element, NS } from './library.ts';

/**
 * Enveloped XML signatures as SAML profiles them (saml-core section 5.4). Nothing is looked up by ID: what is
 * digested is the very element that holds the signature, and what is read afterwards are those octets, parsed anew.
 *
 * In three steps, in this order, since what a reference names is the signer's to make costly:
 *   claimedSignature(element)         what the signature says; only SignedInfo is canonicalised
 *   checkSignature(claimed, keys)     one of these keys made it
 *   referenced(element, claimed)      the element's octets, if they are what was signed
 */
export interface ClaimedSignature {
  /** SignedInfo, canonical. */
  signedInfo: Buffer;
  value: Buffer;
  /** URI. */
  algorithm: string;
  /** PrefixList of the canonicalization. */
  prefixes: string[];
  /** Name of the hash, for node:crypto, and its value. */
  hash: string;
  digest: Buffer;
}

const EXCLUSIVE = NS.ec;
const ENVELOPED = `${NS.ds}enveloped-signature`;

/** The one signature that is a child of `element`; undefined where there is none. Throws `signature` or `algorithm`. */
export function claimedSignature(element: Element): ClaimedSignature | undefined {
  const signature = signatureOf(element);
  if (!signature) return undefined;
  const [signedInfo, value] = signatureParts(signature);
  const [method, algorithm, reference] = only(signedInfo, 'CanonicalizationMethod', 'SignatureMethod', 'Reference');
  const prefixes = exclusive(method);
  const claimed = {
    ...readReference(reference, element),
    value: decodeBase64(value.text, 'xml'),
    algorithm: leaf(algorithm),
  };
  signatureAlgorithm(claimed.algorithm);
  return { ...claimed, signedInfo: signedInfo.canonical(prefixes) };
}

/** Throws `signature` unless one of the keys made it. */
export function checkSignature(signature: ClaimedSignature, keys: readonly KeyObject[]): void {
  if (!verifies(signature.signedInfo, signature.value, signatureAlgorithm(signature.algorithm), keys))
    throw refused('made by none of the keys in its metadata');
}

/**
 * The element without its signature, canonical: all that may be read. Takes the signature out of the document.
 * Throws `signature` where it isn't what was signed.
 */
export function referenced(element: Element, { prefixes, hash, digest }: ClaimedSignature): Buffer {
  signatureOf(element)?.remove();
  const content = element.canonical(prefixes);
  // Both are public: a comparison in constant time would hide nothing.
  if (!createHash(hash).update(content).digest().equals(digest)) throw refused('the digest is of something else');
  return content;
}

/** The root's signed octets. Throws `unsigned`, `signature` or `algorithm`. */
export function verifySignedMetadata(document: Document, keys: readonly KeyObject[]): Buffer {
  const signature = claimedSignature(document.root);
  if (!signature) throw new SamlFault('unsigned', 'metadata without a signature');
  checkSignature(signature, keys);
  return referenced(document.root, signature);
}

function signatureOf(element: Element): Element | undefined {
  const [signature, ...others] = element.children(NS.ds, 'Signature');
  if (others.length > 0) throw refused('more than one signature');
  return signature;
}

/** KeyInfo is passed over, whatever it says: keys come from metadata. An Object is where wrapped originals hide. */
function signatureParts(signature: Element): [Element, Element] {
  const parts = signature.children().filter((part) => !part.is(NS.ds, 'KeyInfo'));
  return exactly(parts, signature, ['SignedInfo', 'SignatureValue']) as [Element, Element];
}

function readReference(reference: Element, element: Element): { prefixes: string[]; hash: string; digest: Buffer } {
  const id = element.attribute('ID');
  if (!id || reference.attribute('URI') !== `#${id}`) throw refused('the reference names something else');
  const [transforms, method, value] = only(reference, 'Transforms', 'DigestMethod', 'DigestValue');
  return {
    prefixes: readTransforms(transforms),
    hash: digestAlgorithm(leaf(method)),
    digest: decodeBase64(value.text, 'xml'),
  };
}

/** Enveloped, then exclusive canonicalization: others (XPath, XSLT) could choose what is signed. */
function readTransforms(transforms: Element): string[] {
  const [enveloped, canonicalization] = only(transforms, 'Transform', 'Transform');
  if (leaf(enveloped) !== ENVELOPED) throw new SamlFault('algorithm', 'the first transform is not the enveloped one');
  return exclusive(canonicalization);
}

/** PrefixList of an exclusive canonicalization (xml-exc-c14n section 4); empty without one. */
function exclusive(method: Element): string[] {
  const algorithm = method.attribute('Algorithm') ?? '';
  if (algorithm !== EXCLUSIVE) throw new SamlFault('algorithm', `canonicalization or transform ${algorithm}`);
  const [list, ...others] = method.children();
  if (!list) return [];
  if (others.length > 0 || !list.is(NS.ec, 'InclusiveNamespaces')) throw refused('parameters of the canonicalization');
  const prefixes = (list.attribute('PrefixList') ?? '').split(/[\t\r\n ]+/).filter(Boolean);
  if (prefixes.length > XML_SHAPE.prefixes) throw refused(`a PrefixList of ${prefixes.length} names`);
  return prefixes;
}

/** Algorithm of an element that has no parameters. */
function leaf(method: Element): string {
  if (method.children().length > 0) throw new SamlFault('algorithm', `${method.name} with parameters`);
  return method.attribute('Algorithm') ?? '';
}

const only = <const N extends readonly string[]>(parent: Element, ...names: N): { [K in keyof N]: Element } =>
  exactly(parent.children(), parent, names);

/** The parts if they are of these names, in this order, and no more. */
function exactly<const N extends readonly string[]>(
  parts: Element[],
  parent: Element,
  names: N,
): { [K in keyof N]: Element } {
  const fits = parts.length === names.length && parts.every((part, at) => part.is(NS.ds, names[at] ?? ''));
  if (!fits) throw refused(`${parent.name} holds other than ${names.join(', ')}`);
  // The lengths are equal, which the compiler can't see.
  return parts as unknown as { [K in keyof N]: Element };
}

const refused = (detail: string): SamlFault => new SamlFault('signature', detail);
