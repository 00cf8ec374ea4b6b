import { ParseOption, XmlComment, XmlDocument, XmlElement, XmlText } from 'libxml2-wasm';
import { XML_SHAPE } from '../../../core/xml-bounds.ts';
import { xmlReader } from '../../../core/xml-document.ts';
import { TokenFault } from './fault.ts';

/**
 * The one file of this factor that knows libxml2. A document is read into plain data and freed at once,
 * whatever happens.
 */

/** An element. `text` is there where it holds nothing but text. */
export interface Node {
  namespace: string;
  name: string;
  attributes: Readonly<Record<string, string>>;
  children: readonly Node[];
  text?: string;
}

/** Characters of a document: some 10,000 tokens. */
export const MOST_CHARACTERS = 12_000_000;
/** What a document may hold beside what every document may, before it is parsed. */
const BOUNDS = { ...XML_SHAPE, elements: 500_000, attributes: 1_000_000 };

const read = xmlReader({ XmlDocument, ParseOption }, (fault) => {
  if (fault.kind === 'doctype') return new TokenFault('a document type declaration isn’t accepted');
  if (fault.kind !== 'unparsed') return new TokenFault(fault.message);
  const { cause } = fault;
  const why = cause instanceof Error ? cause.message.trim().slice(0, 200) : '';
  return new TokenFault(`not well-formed XML: ${why}`, { cause });
});

/** Throws TokenFault where it isn't XML, holds a document type declaration, or is too large. */
export function readXml(text: string): Node {
  if (text.length > MOST_CHARACTERS) throw new TokenFault(`longer than ${MOST_CHARACTERS} characters`);
  return read(Buffer.from(text.replace(/^\uFEFF?\s*/, '')), BOUNDS, ({ root }) => nodeOf(root));
}

function nodeOf(element: XmlElement): Node {
  const children: Node[] = [];
  let text: string | undefined = '';
  for (let node = element.firstChild; node; node = node.next) {
    if (node instanceof XmlElement) children.push(nodeOf(node));
    // A value with a comment in it could be read in two ways.
    if (node instanceof XmlText && text !== undefined) text += node.content;
    else if (!(node instanceof XmlText)) text = undefined;
    if (!(node instanceof XmlElement || node instanceof XmlText || node instanceof XmlComment)) {
      throw new TokenFault(`${element.name} holds a processing instruction or an entity`);
    }
  }
  const attributes = Object.fromEntries(element.attrs.map(({ name, value }) => [name, value]));
  const { namespaceUri: namespace, name } = element;
  return { namespace, name, attributes, children, ...(text === undefined ? {} : { text: text.trim() }) };
}

/** The first child of that local name. */
export function child(node: Node | undefined, ...path: readonly string[]): Node | undefined {
  return path.reduce<Node | undefined>((at, name) => at?.children.find((one) => one.name === name), node);
}

/** The text of the child at the end of that path; undefined where there is none, or something other than text. */
export function textAt(node: Node | undefined, ...path: readonly string[]): string | undefined {
  return child(node, ...path)?.text;
}
