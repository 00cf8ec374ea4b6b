import { isUtf8 } from 'node:buffer';
import { readdirSync, readFileSync } from 'node:fs';
import {
  ParseOption,
  XmlAttribute,
  XmlBufferInputProvider,
  XmlC14NMode,
  XmlCData,
  XmlComment,
  XmlDocument,
  XmlElement,
  XmlLibError,
  XmlText,
  XmlXPath,
  XsdValidator,
  xmlCleanupInputProvider,
  xmlRegisterInputProvider,
} from 'libxml2-wasm';
import { XML_SHAPE, type XmlBounds } from '../../core/xml-bounds.ts';
import { xmlReader } from '../../core/xml-document.ts';
import { SamlFault } from '../errors.ts';
import { NAMESPACES } from '../namespaces.ts';

/**
 * The one file that knows libxml2. A document lives as long as the function that reads it
 * (`withDocument`); what that function returns must be plain data, never an Element.
 */

/** Of what is read; `path` knows them too. */
export const NS = NAMESPACES;

/** An XPath expression, compiled once; prefixes as in NS. */
export interface Path {
  readonly compiled: XmlXPath;
}

export function path(expression: string): Path {
  // Only those it uses: each is registered again at every evaluation.
  const used = Object.entries(NS).filter(([prefix]) => expression.includes(`${prefix}:`));
  return { compiled: XmlXPath.compile(expression, Object.fromEntries(used)) };
}

/** Whether the document of an element is still there: a freed one must not be read. */
interface Scope {
  open: boolean;
  /** How often something was taken out of it. */
  removals: number;
}

export class Element {
  readonly #node: XmlElement;
  readonly #scope: Scope;
  /** What was asked of it: each answer crosses from the parser's own memory, and is decoded there and then. */
  #name: string | undefined;
  #namespace: string | undefined;
  #elements: { removals: number; all: readonly Element[] } | undefined;

  constructor(node: XmlElement, scope: Scope) {
    this.#node = node;
    this.#scope = scope;
  }

  get #live(): XmlElement {
    if (!this.#scope.open) throw new Error('an element was read after its document was freed');
    return this.#node;
  }

  /** Local name. */
  get name(): string {
    const live = this.#live;
    this.#name ??= live.name;
    return this.#name;
  }

  /** Namespace URI, empty for none. */
  get namespace(): string {
    const live = this.#live;
    this.#namespace ??= live.namespaceUri;
    return this.#namespace;
  }

  is(namespace: string, name: string): boolean {
    return this.name === name && this.namespace === namespace;
  }

  same(other: Element): boolean {
    return this.#live.isSameNode(other.#live);
  }

  get parent(): Element | undefined {
    const parent = this.#live.parent;
    return parent ? new Element(parent, this.#scope) : undefined;
  }

  /** Value of an attribute, without a namespace unless one is given. */
  attribute(name: string, namespace?: string): string | undefined {
    if (namespace === undefined) return this.#live.attr(name)?.value;
    return this.#live.attrs.find((a) => a.name === name && a.namespaceUri === namespace)?.value;
  }

  /** Child elements in document order, all or those of one name. */
  children(namespace?: string, name?: string): Element[] {
    return this.#childElements().filter(
      (it) => (namespace === undefined || it.namespace === namespace) && (name === undefined || it.name === name),
    );
  }

  /** The first child element of that name. */
  child(namespace: string, name: string): Element | undefined {
    return this.#childElements().find((it) => it.is(namespace, name));
  }

  #childElements(): readonly Element[] {
    const live = this.#live;
    const { removals } = this.#scope;
    if (this.#elements?.removals !== removals) {
      this.#elements = { removals, all: [...elementsIn(live)].map((node) => new Element(node, this.#scope)) };
    }
    return this.#elements.all;
  }

  /**
   * The whole text. A comment, a processing instruction or an element inside throws `xml`:
   * readers that stop at one read `admin` from `admin<!---->.example` (CVE-2017-11427 and others).
   */
  get text(): string {
    for (let node = this.#live.firstChild; node; node = node.next) {
      if (!(node instanceof XmlText || node instanceof XmlCData))
        throw new SamlFault('xml', `${this.name} holds something other than text`);
    }
    return this.#live.content;
  }

  /** Prefixes in scope here, the default namespace under the empty one. */
  get prefixes(): Readonly<Record<string, string>> {
    return this.#live.namespaces;
  }

  find(expression: Path): Element[] {
    return this.#live
      .find(expression.compiled)
      .filter((node) => node instanceof XmlElement)
      .map((node) => new Element(node, this.#scope));
  }

  /** Takes the element out of its document; it can't be read any more. */
  remove(): void {
    this.#live.remove();
    this.#scope.removals += 1;
  }

  /**
   * This element and all below it by Exclusive XML Canonicalization without comments
   * (https://www.w3.org/TR/xml-exc-c14n/). `inclusive`: InclusiveNamespaces PrefixList.
   * Throws `xml` where there is none, as with a relative namespace URI.
   */
  canonical(inclusive?: readonly string[]): Buffer {
    const node = this.#live;
    const whole = node.doc.root.isSameNode(node) && standsAlone(node);
    return collect((handler) =>
      node.doc.canonicalize(handler, {
        mode: XmlC14NMode.XML_C14N_EXCLUSIVE_1_0,
        ...(inclusive?.length && { inclusiveNamespacePrefixes: [...inclusive] }),
        // A document that is this element needs no node set: without one libxml2 doesn't call back for each node.
        ...(!whole && { nodeSet: new Set([node]) }),
      }),
    );
  }
}

const ELEMENTS = XmlXPath.compile('*');

/** Child elements. The library's processing instructions know no next node: what comes behind one is asked for. */
function* elementsIn(parent: XmlElement): Generator<XmlElement> {
  let seen = 0;
  for (let node = parent.firstChild; node; node = node.next) {
    if (node instanceof XmlElement) {
      seen++;
      yield node;
    } else if (!(node instanceof XmlText || node instanceof XmlComment || node instanceof XmlCData)) {
      const all = parent.find(ELEMENTS).filter((it) => it instanceof XmlElement);
      yield* all.slice(seen);
      return;
    }
  }
}

/** Nothing beside the root but comments, which are left out of the canonical form anyway. */
function standsAlone(root: XmlElement): boolean {
  for (let node = root.prev; node; node = node.prev) if (!(node instanceof XmlComment)) return false;
  for (let node = root.next; node; node = node.next) if (!(node instanceof XmlComment)) return false;
  return true;
}

export class Document {
  readonly #document: XmlDocument;
  readonly #source: Buffer;
  #octets: string | undefined;
  readonly root: Element;

  constructor(document: XmlDocument, source: Buffer, scope: Scope) {
    this.#document = document;
    this.#source = source;
    this.root = new Element(document.root, scope);
  }

  /**
   * What it was parsed from, each octet as a character. Names and markup are written in no other way (XML 1.0 section
   * 4.1: references stand for neither), nothing is declared to stand for more, and only UTF-8 is read: what isn't here
   * needn't be searched for in the tree.
   */
  get octets(): string {
    this.#octets ??= this.#source.toString('latin1');
    return this.#octets;
  }

  /** Throws `schema` with the first faults found. */
  validate(schema: Schema): void {
    try {
      schema.validator.validate(this.#document);
    } catch (cause) {
      throw new SamlFault('schema', detail(cause), { cause });
    }
  }

  /** How many nodes of any kind an expression finds: comments and attributes as well. */
  count(expression: Path): number {
    return this.#document.find(expression.compiled).length;
  }

  /** Values of the attributes that an expression finds. */
  values(expression: Path): string[] {
    return this.#document
      .find(expression.compiled)
      .filter((node) => node instanceof XmlAttribute)
      .map((attribute) => attribute.value);
  }

  find(expression: Path): Element[] {
    return this.root.find(expression);
  }
}

/** Greatest size in bytes, and of what it may hold the bounds that aren't those of every document. */
export type Limits = { bytes: number } & Partial<XmlBounds>;

/** Elements and attributes are as many as fit into the bytes, unless somebody says less. */
const UNCOUNTED = { elements: Number.POSITIVE_INFINITY, attributes: Number.POSITIVE_INFINITY };

/**
 * Parses, hands the document to `read`, and frees it whatever happens.
 * Throws SamlFault `size`, `encoding`, `doctype` or `xml`.
 */
export function withDocument<T>(source: Uint8Array | string, limits: Limits, read: (document: Document) => T): T {
  const bytes = typeof source === 'string' ? Buffer.from(source) : source;
  if (bytes.length > limits.bytes) throw new SamlFault('size', `${bytes.length} bytes of XML, ${limits.bytes} allowed`);
  const octets = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  refuseOtherEncodings(octets);
  return readXml(bytes, { ...UNCOUNTED, ...XML_SHAPE, ...limits }, (document) => {
    const scope: Scope = { open: true, removals: 0 };
    try {
      return read(new Document(document, octets, scope));
    } finally {
      scope.open = false;
    }
  });
}

const readXml = xmlReader({ XmlDocument, ParseOption }, (fault) => {
  if (fault.kind === 'doctype') return new SamlFault('doctype', 'a document type declaration');
  if (fault.kind === 'unparsed') return new SamlFault('xml', detail(fault.cause), { cause: fault.cause });
  return new SamlFault(fault.kind === 'excess' ? 'size' : 'xml', fault.message);
});

/** Encoding declared in an XML declaration (XML 1.0 section 4.3.3). */
const DECLARED = /^(?:\uFEFF)?<\?xml[^>]*?\sencoding\s*=\s*(?:"([^"]*)"|'([^']*)')/;

/**
 * Other encodings would carry a DOCTYPE past the search for it: only UTF-8 is read,
 * and NUL, of which UTF-16 and UTF-32 are full, stands in no XML document.
 */
function refuseOtherEncodings(bytes: Buffer): void {
  if (!isUtf8(bytes) || bytes.includes(0)) throw new SamlFault('encoding', 'not UTF-8');
  const declared = DECLARED.exec(bytes.toString('utf8', 0, 256));
  const encoding = declared?.[1] ?? declared?.[2] ?? 'UTF-8';
  if (!/^(utf-8|us-ascii)$/i.test(encoding)) throw new SamlFault('encoding', `declared to be ${encoding}`);
}

/** The first lines of what libxml2 says. */
function detail(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  return `${cause instanceof XmlLibError ? '' : 'libxml2: '}${text.trim().slice(0, 500)}`;
}

function collect(write: (handler: { write(bytes: Uint8Array): number; close(): boolean }) => void): Buffer {
  const chunks: Buffer[] = [];
  const handler = {
    write(bytes: Uint8Array) {
      // A copy: the bytes lie in the parser's own memory.
      chunks.push(Buffer.from(bytes));
      return bytes.length;
    },
    close: () => true,
  };
  try {
    write(handler);
  } catch (cause) {
    throw new SamlFault('xml', detail(cause), { cause });
  }
  return Buffer.concat(chunks);
}

const FOLDER = new URL('./schemas/', import.meta.url);

const SCHEMAS = {
  protocol: ['xmldsig-core-schema', 'xenc-schema', 'saml-schema-assertion-2.0', 'saml-schema-protocol-2.0'],
  /** With what may be encrypted in it, by XML Encryption 1.1 as well. */
  response: [
    'xmldsig-core-schema',
    'xmldsig11-schema',
    'xenc-schema',
    'xenc11-schema',
    'saml-schema-assertion-2.0',
    'saml-schema-protocol-2.0',
  ],
  soap: [
    'xmldsig-core-schema',
    'xenc-schema',
    'saml-schema-assertion-2.0',
    'saml-schema-protocol-2.0',
    'soap-envelope',
  ],
  metadata: [
    'xml',
    'xmldsig-core-schema',
    'xmldsig11-schema',
    'xenc-schema',
    'xenc11-schema',
    'saml-schema-assertion-2.0',
    'saml-schema-metadata-2.0',
    'sstc-metadata-attr',
    'sstc-saml-metadata-ui-v1.0',
    'sstc-saml-metadata-algsupport-v1.0',
    'saml-metadata-rpi-v1.0',
    'sstc-saml-idp-discovery',
    'sstc-request-initiation',
  ],
} as const satisfies Record<string, readonly string[]>;

/** A compiled set of schemas. */
export interface Schema {
  readonly validator: XsdValidator;
}

const compiled = new Map<keyof typeof SCHEMAS, Schema>();

/** Compiled at the first call (about 100 ms), kept from then on: call it while starting. */
export function schema(name: keyof typeof SCHEMAS): Schema {
  const known = compiled.get(name);
  if (known) return known;
  const fresh = { validator: compile(SCHEMAS[name]) };
  compiled.set(name, fresh);
  return fresh;
}

/** `schemaLocation` may be an address: whatever stands before the file's name is ignored, nothing is fetched. */
class SchemaFiles extends XmlBufferInputProvider {
  override match(file: string): boolean {
    return super.match(basename(file));
  }

  override open(file: string): number | undefined {
    return super.open(basename(file));
  }
}

const basename = (file: string): string => file.slice(file.lastIndexOf('/') + 1);

function compile(files: readonly string[]): XsdValidator {
  const contents: Record<string, Uint8Array> = {};
  for (const file of readdirSync(FOLDER))
    if (file.endsWith('.xsd')) contents[file] = readFileSync(new URL(file, FOLDER));
  const imports = files.map((file) => {
    const namespace = /targetNamespace\s*=\s*["']([^"']+)["']/.exec(
      Buffer.from(contents[`${file}.xsd`] ?? []).toString(),
    );
    return `<import namespace="${namespace?.[1] ?? ''}" schemaLocation="${file}.xsd"/>`;
  });
  xmlRegisterInputProvider(new SchemaFiles(contents));
  const all = XmlDocument.fromString(`<schema xmlns="http://www.w3.org/2001/XMLSchema">${imports.join('')}</schema>`);
  try {
    return XsdValidator.fromDoc(all);
  } finally {
    all.dispose();
    xmlCleanupInputProvider();
  }
}
