import { SamlFault } from '../errors.ts';
import type { Binding, SamlMessage } from '../model.ts';
import { type Document, type Element, NS, path, schema, withDocument } from '../xml/library.ts';
import { elementsAndTextAlone, idsOnce } from '../xml/plain.ts';
import { type ClaimedSignature, claimedSignature, referenced } from '../xml/signature.ts';
import { type Content, READERS } from './read.ts';
import { MAX_XML, type Wire } from './wire.ts';

/**
 * What a message may hold, before it is parsed: beside what every document may. Real ones have some twenty elements,
 * those of eIDAS a hundred; a few lists of identity providers some hundreds.
 */
export const MESSAGE_BOUNDS = {
  bytes: MAX_XML,
  depth: 24,
  elements: 1000,
  attributes: 2000,
  declarations: 40,
} as const;

type Kind = SamlMessage['kind'];

/** What a message says. */
export interface Opened {
  content: Content;
  destination?: string;
}

/** What a document says, none of it believed yet: with a signature, only `signedMessage` says what may be. */
export interface Claimed extends Opened {
  signature?: ClaimedSignature;
}

/** What the checks of one document need to know. */
interface Sheet {
  document: Document;
  wire: Wire;
  binding: Binding;
  kinds: readonly Kind[];
  /** The message: the root, or what the SOAP body holds. */
  message: Element;
}

/**
 * The checks of a parsed document, in order. Those of the XML itself were made by `withDocument`:
 * size, encoding, no DOCTYPE, MESSAGE_BOUNDS, well-formed.
 */
const CHECKS: readonly ((sheet: Sheet) => void)[] = [
  ({ document }) => elementsAndTextAlone(document),
  valid,
  expected,
  ({ document }) => idsOnce(document),
  oneSignature,
];

/**
 * Takes a message out of its XML, with the signature that it bears: neither is believed, and nothing that a signature
 * refers to is canonicalised, which would be the sender's to make costly.
 * Throws `size`, `encoding`, `doctype`, `xml`, `schema`, `kind`, `signature`, `algorithm`, `issuer` or `instant`.
 */
export function openDocument(wire: Wire, binding: Binding, kinds: readonly Kind[]): Claimed {
  return withDocument(wire.xml, MESSAGE_BOUNDS, (document) => {
    const message = messageIn(document.root, binding);
    const sheet = { document, wire, binding, kinds, message };
    for (const check of CHECKS) check(sheet);
    const signature = document.octets.includes('Signature') ? claimedSignature(message) : undefined;
    return { ...read(message), ...(signature && { signature }) };
  });
}

/**
 * The message that a signature covers, of a document that passed `openDocument` and whose signature was checked with
 * the sender's keys: the signed octets, parsed anew. Throws `signature`, and what reading throws.
 */
export function signedMessage(wire: Wire, binding: Binding, signature: ClaimedSignature): Opened {
  const octets = withDocument(wire.xml, MESSAGE_BOUNDS, ({ root }) => referenced(messageIn(root, binding), signature));
  return withDocument(octets, MESSAGE_BOUNDS, ({ root }) => read(root));
}

/** The root, or what the SOAP body holds. */
function messageIn(root: Element, binding: Binding): Element {
  return binding === 'soap' ? soapBody(root) : root;
}

function read(message: Element): Opened {
  const destination = message.attribute('Destination');
  const reader = READERS[message.name as Kind];
  return { content: reader(message), ...(destination !== undefined && { destination }) };
}

/** SOAP 1.1 section 4: an envelope whose body holds the message alone. A header could demand what we don't do. */
function soapBody(root: Element): Element {
  const [body, ...beside] = root.children();
  const [message, ...more] = body?.children() ?? [];
  if (!root.is(NS.soap, 'Envelope') || !body?.is(NS.soap, 'Body') || beside.length > 0 || !message || more.length > 0)
    throw new SamlFault('kind', 'not a SOAP envelope with one message and no header');
  return message;
}

function valid({ document, binding }: Sheet): void {
  document.validate(schema(binding === 'soap' ? 'soap' : 'protocol'));
}

/** Requests come in SAMLRequest, responses in SAMLResponse. */
function expected({ message, kinds, wire }: Sheet): void {
  const kind = kinds.find((known) => message.is(NS.samlp, known));
  if (!kind) throw new SamlFault('kind', `${message.name} is not expected here`);
  const parameter = kind === 'LogoutResponse' ? 'SAMLResponse' : 'SAMLRequest';
  if (wire.parameter && wire.parameter !== parameter) throw new SamlFault('kind', `${kind} in ${wire.parameter}`);
  if (message.attribute('Version') !== '2.0') throw new SamlFault('kind', 'not of version 2.0');
}

/**
 * Anywhere in the document one signature, a child of the message; in the redirect binding none (section 3.4.4.1).
 * A second one is a decoy: verifiers differ in which they take.
 */
const SIGNATURES = path('//ds:Signature');
function oneSignature({ document, message, binding }: Sheet): void {
  if (!document.octets.includes('Signature')) return;
  const signatures = document.find(SIGNATURES);
  if (signatures.length === 0) return;
  if (binding === 'redirect') throw new SamlFault('signature', 'inside a message of the redirect binding');
  const parent = signatures[0]?.parent;
  if (signatures.length > 1 || !parent?.same(message))
    throw new SamlFault('signature', 'more than one, or not a child of the message');
}
