import { createHash, type KeyObject } from 'node:crypto';
import { SamlFault } from '../errors.ts';
import { digestAlgorithm, signatureAlgorithm, verifies } from './algorithms.ts';
import { decodeBase64 } from './base64.ts';
import { type Document, type Element, NS } from './library.ts';

/**
 * Enveloped XML signatures as SAML profiles them (saml-core section 5.4). Nothing is looked up by ID: what is
 * digested is the very element that holds the signature, and what is read afterwards is `content`, parsed anew.
 *
 *   verifySignedMetadata(document: Document, keys: readonly KeyObject[]): Buffer
 *     the root's signed octets; throws SamlFault `unsigned`, `signature` or `algorithm`. Takes the signature
 *     out of the document: read what the octets say. `publicKeys(certificates)` of algorithms.ts makes the keys.
 *   openSignature(element) and checkSignature(signature, keys): the same in two steps,
 *     for where the keys are known only once the sender is.
 */
export interface EnvelopedSignature {
  /** The element without its signature, canonical: all that may be read once the signature is verified. */
  content: Buffer;
  /** SignedInfo, canonical. */
  signedInfo: Buffer;
  value: Buffer;
  /** URI. */
  algorithm: string;
}

const EXCLUSIVE = NS.ec;
const ENVELOPED = `${NS.ds}enveloped-signature`;

/**
 * Reads the one signature that is a child of `element`, compares its digest, and takes it out of the document.
 * Undefined where there is none. Throws `signature` or `algorithm`. The keys come later: `checkSignature`.
 */
export function openSignature(element: Element): EnvelopedSignature | undefined {
  const [signature, ...others] = element.children(NS.ds, 'Signature');
  if (!signature) return undefined;
  if (others.length > 0) throw refused('more than one signature');
  const [signedInfo, value] = signatureParts(signature);
  const [method, algorithm, reference] = only(signedInfo, 'CanonicalizationMethod', 'SignatureMethod', 'Reference');
  const octets = signedInfo.canonical(exclusive(method));
  const { prefixes, hash, digest } = readReference(reference, element);
  const opened = {
    signedInfo: octets,
    value: decodeBase64(value.text, 'xml'),
    algorithm: leaf(algorithm),
  };
  signatureAlgorithm(opened.algorithm);
  signature.remove();
  const content = element.canonical(prefixes);
  // Both are public: a comparison in constant time would hide nothing.
  if (!createHash(hash).update(content).digest().equals(digest)) throw refused('the digest is of something else');
  return { ...opened, content };
}

/** Throws `signature` unless one of the keys made it. */
export function checkSignature(signature: EnvelopedSignature, keys: readonly KeyObject[]): void {
  if (!verifies(signature.signedInfo, signature.value, signatureAlgorithm(signature.algorithm), keys))
    throw refused('made by none of the keys in its metadata');
}

export function verifySignedMetadata(document: Document, keys: readonly KeyObject[]): Buffer {
  const signature = openSignature(document.root);
  if (!signature) throw new SamlFault('unsigned', 'metadata without a signature');
  checkSignature(signature, keys);
  return signature.content;
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
  return (list.attribute('PrefixList') ?? '').split(/[\t\r\n ]+/).filter(Boolean);
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
