import { NAMESPACES } from '../namespaces.ts';

/**
 * Writes XML that is already in exclusive canonical form (Canonical XML 1.0 section 2.3, Exclusive XML
 * Canonicalization 1.0 section 3), so that what is signed can be hashed as it was written: nothing is parsed.
 */

type Prefix = keyof typeof NAMESPACES;

/** An element. Text is given as it is meant: the writer escapes it. */
export interface XmlElement {
  name: `${Prefix}:${string}`;
  /** By name. `xmlns:…` declares a prefix that only values use: the signature's PrefixList has to name it. */
  attributes?: Readonly<Record<string, string | undefined>>;
  children?: readonly XmlContent[];
}
export type XmlContent = XmlElement | Written | string | undefined;

/** What was written before, by `write`: it declares its own prefixes, so the elements around it must not. */
export class Written {
  readonly xml: string;

  constructor(xml: string) {
    this.xml = xml;
  }
}

export function element(
  name: XmlElement['name'],
  attributes: Readonly<Record<string, string | undefined>>,
  ...children: XmlContent[]
): XmlElement {
  return { name, attributes, children };
}

/** The canonical form of an element that stands by itself, or where no ancestor uses its prefixes. */
export function write(root: XmlElement): string {
  return render(root, ROOT);
}

/** The same in two strings, between which a signature goes: after the first `at` children. */
export function writeAround(root: XmlElement, at: number): [before: string, after: string] {
  const tag = tagOf(root, ROOT);
  const children = root.children ?? [];
  const before = opening(tag, root) + inside(children.slice(0, at), tag.scope);
  return [before, `${inside(children.slice(at), tag.scope)}</${root.name}>`];
}

/** Prefixes that are declared already, and the start tags that were written among them. */
interface Scope {
  prefixes: readonly string[];
  tags: Tags;
}

/** Start tags by the element's name, and then by one attribute's after the other, in the order they come in. */
interface Tags {
  tag?: Tag;
  next: Map<string, Tags>;
}

/** A start tag but for its values: as each is written again and again, the work of ordering it is done once. */
interface Tag {
  /** `<name` and the declarations that are due here, sorted by prefix. */
  start: string;
  /** Sorted by namespace and local name, those without a namespace first. */
  attributes: readonly string[];
  /** Of its children. */
  scope: Scope;
}

const ROOT: Scope = { prefixes: [], tags: { next: new Map() } };

function render(it: XmlElement, outer: Scope): string {
  const tag = tagOf(it, outer);
  return `${opening(tag, it)}${inside(it.children ?? [], tag.scope)}</${it.name}>`;
}

function inside(children: readonly XmlContent[], scope: Scope): string {
  let xml = '';
  for (const child of children) {
    if (child === undefined) continue;
    if (typeof child === 'string') xml += escapeText(child);
    else xml += child instanceof Written ? child.xml : render(child, scope);
  }
  return xml;
}

function opening(tag: Tag, { attributes = {} }: XmlElement): string {
  let xml = tag.start;
  for (const name of tag.attributes) {
    const value = attributes[name];
    if (value !== undefined) xml += ` ${name}="${escapeAttribute(value)}"`;
  }
  return `${xml}>`;
}

function tagOf({ name, attributes = {} }: XmlElement, outer: Scope): Tag {
  let tags = after(outer.tags, name);
  for (const attribute in attributes) if (attributes[attribute] !== undefined) tags = after(tags, attribute);
  tags.tag ??= makeTag([name, ...Object.keys(attributes).filter((key) => attributes[key] !== undefined)], outer);
  return tags.tag;
}

function after(tags: Tags, name: string): Tags {
  const known = tags.next.get(name);
  if (known) return known;
  const made: Tags = { next: new Map() };
  tags.next.set(name, made);
  return made;
}

/** `names`: of the element, then of its attributes. */
function makeTag(names: readonly string[], outer: Scope): Tag {
  const attributes = names.slice(1).filter((name) => !name.startsWith('xmlns:'));
  const used = names.map((name) => (name.startsWith('xmlns:') ? name.slice('xmlns:'.length) : prefixOf(name)));
  const due = [...new Set(used)].filter((prefix) => !['', 'xml', ...outer.prefixes].includes(prefix)).sort();
  const declarations = due.map((prefix) => ` xmlns:${prefix}="${namespaceOf(prefix)}"`);
  return {
    start: `<${names[0]}${declarations.join('')}`,
    attributes: attributes.sort(byNamespace),
    scope: due.length === 0 ? outer : { prefixes: [...outer.prefixes, ...due], tags: { next: new Map() } },
  };
}

function prefixOf(name: string): string {
  const colon = name.indexOf(':');
  return colon < 0 ? '' : name.slice(0, colon);
}

function namespaceOf(prefix: string): string {
  const uri = Object.hasOwn(NAMESPACES, prefix) ? NAMESPACES[prefix as Prefix] : undefined;
  if (uri === undefined) throw new TypeError(`no namespace is known for the prefix ${prefix}`);
  return uri;
}

function byNamespace(a: string, b: string): number {
  const [first, second] = [prefixOf(a), prefixOf(b)];
  if (first !== second) return (first && namespaceOf(first)) < (second && namespaceOf(second)) ? -1 : 1;
  return a < b ? -1 : 1;
}

/**
 * What XML 1.0 can't carry (section 2.2: most control characters, lone surrogates, U+FFFE, U+FFFF) becomes
 * U+FFFD. Left out, it would make one name of two: `ad<NUL>min` would arrive as `admin`. So do U+0085 and
 * U+2028: xmldom, on which many service providers rest, reads them as line ends, and the signature breaks.
 */
const REPLACEMENT = '\uFFFD';
const NOT_PLAIN_TEXT =
  /[^\t\n\x20-\x25\x27-\x3B\x3D\x3F-\x84\x86-\u2027\u2029-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;
const NOT_PLAIN_ATTRIBUTE =
  /[^\x20\x21\x23-\x25\x27-\x3B\x3D-\x84\x86-\u2027\u2029-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;
/** Nearly everything we write is ASCII that stands for itself, and this finds out soonest. */
const UNUSUAL = /[^\x20\x21\x23-\x25\x27-\x3B\x3D\x3F-\x7E]/;
const IN_TEXT: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
const IN_ATTRIBUTES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '"': '&quot;',
  '\t': '&#x9;',
  '\n': '&#xA;',
  '\r': '&#xD;',
};

/** Line ends become LF (XML 1.0 section 2.11): `&#xD;` is canonical too, but not every writer between keeps it. */
function escapeText(text: string): string {
  if (!UNUSUAL.test(text)) return text;
  const lines = text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
  return lines.replace(NOT_PLAIN_TEXT, (character) => IN_TEXT[character] ?? REPLACEMENT);
}

export function escapeAttribute(value: string): string {
  if (!UNUSUAL.test(value)) return value;
  return value.replace(NOT_PLAIN_ATTRIBUTE, (character) => IN_ATTRIBUTES[character] ?? REPLACEMENT);
}
