import { SamlFault } from '../errors.ts';
import type { Binding, SamlMessage } from '../model.ts';
import { type Document, type Element, NS, path, schema, withDocument } from '../xml/library.ts';
import { type EnvelopedSignature, openSignature } from '../xml/signature.ts';
import { type Content, READERS } from './read.ts';
import { MAX_XML, type Wire } from './wire.ts';

type Kind = SamlMessage['kind'];

/** What a document holds, none of it believed yet: `signature` is still to be checked. */
export interface Opened {
  content: Content;
  destination?: string;
  signature?: EnvelopedSignature;
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
 * size, encoding, no DOCTYPE, well-formed.
 */
const CHECKS: readonly ((sheet: Sheet) => void)[] = [
  bounded,
  elementsAndTextAlone,
  valid,
  expected,
  idsOnce,
  oneSignature,
];

/**
 * Takes a message out of its XML. With a signature, what is read is the signed octets, parsed anew.
 * Throws `size`, `encoding`, `doctype`, `xml`, `schema`, `kind`, `signature`, `algorithm`, `issuer` or `instant`.
 */
export function openDocument(wire: Wire, binding: Binding, kinds: readonly Kind[]): Opened {
  return withDocument(wire.xml, { bytes: MAX_XML }, (document) => {
    const message = binding === 'soap' ? soapBody(document.root) : document.root;
    const sheet = { document, wire, binding, kinds, message };
    for (const check of CHECKS) check(sheet);
    const signature = openSignature(sheet.message);
    if (!signature) return read(sheet.message);
    return { ...withDocument(signature.content, { bytes: MAX_XML }, ({ root }) => read(root)), signature };
  });
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

/** Deep nesting, thousands of elements, and elements with thousands of attributes cost more than their size says. */
const EXCESS = path(`(//*)[2000] | (//@*)[4000] | /*${'/*'.repeat(40)} | //*[count(@*) > 100]`);
function bounded({ document }: Sheet): void {
  if (document.count(EXCESS) > 0) throw new SamlFault('size', 'too many elements or attributes, or nested too deeply');
}

/** Where a comment may cut a text in two, readers differ in which half they see. */
const BESIDE = path('//comment() | //processing-instruction()');
function elementsAndTextAlone({ document }: Sheet): void {
  if (document.count(BESIDE) > 0) throw new SamlFault('xml', 'a comment or a processing instruction');
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

const IDS = path('//@ID | //@Id | //@id | //@xml:id');
function idsOnce({ document }: Sheet): void {
  const ids = document.values(IDS);
  if (new Set(ids).size !== ids.length) throw new SamlFault('signature', 'an ID twice');
}

/**
 * Anywhere in the document one signature, a child of the message; in the redirect binding none (section 3.4.4.1).
 * A second one is a decoy: verifiers differ in which they take.
 */
const SIGNATURES = path('//ds:Signature');
function oneSignature({ document, message, binding }: Sheet): void {
  const signatures = document.find(SIGNATURES);
  if (signatures.length === 0) return;
  if (binding === 'redirect') throw new SamlFault('signature', 'inside a message of the redirect binding');
  const parent = signatures[0]?.parent;
  if (signatures.length > 1 || !parent?.same(message))
    throw new SamlFault('signature', 'more than one, or not a child of the message');
}
