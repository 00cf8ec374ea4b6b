/**
 * Writes XML that is already in exclusive canonical form (Canonical XML 1.0 section 2.3, Exclusive XML
 * Canonicalization 1.0 section 3), so that what is signed can be hashed as it was written: nothing is parsed.
 */

/** Every prefix that we write, and what it stands for, everywhere the same. */
export const NAMESPACES = {
  alg: 'urn:oasis:names:tc:SAML:metadata:algsupport',
  ds: 'http://www.w3.org/2000/09/xmldsig#',
  ec: 'http://www.w3.org/2001/10/xml-exc-c14n#',
  md: 'urn:oasis:names:tc:SAML:2.0:metadata',
  mdui: 'urn:oasis:names:tc:SAML:metadata:ui',
  remd: 'http://refeds.org/metadata',
  saml: 'urn:oasis:names:tc:SAML:2.0:assertion',
  samlp: 'urn:oasis:names:tc:SAML:2.0:protocol',
  shibmd: 'urn:mace:shibboleth:metadata:1.0',
  soap: 'http://schemas.xmlsoap.org/soap/envelope/',
  xenc: 'http://www.w3.org/2001/04/xmlenc#',
  xml: 'http://www.w3.org/XML/1998/namespace',
  xs: 'http://www.w3.org/2001/XMLSchema',
  xsi: 'http://www.w3.org/2001/XMLSchema-instance',
} as const;
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
  attributes: XmlElement['attributes'],
  ...children: XmlContent[]
): XmlElement {
  return { name, ...(attributes && { attributes }), children };
}

/** The canonical form of an element that stands by itself, or where no ancestor uses its prefixes. */
export function write(root: XmlElement): string {
  return render(root, []);
}

/** The same in two strings, between which a signature goes: after the first `at` children. */
export function writeAround(root: XmlElement, at: number): [before: string, after: string] {
  const { open, scope } = opening(root, []);
  const children = root.children ?? [];
  const before =
    open +
    children
      .slice(0, at)
      .map((child) => content(child, scope))
      .join('');
  const after = children
    .slice(at)
    .map((child) => content(child, scope))
    .join('');
  return [before, `${after}</${root.name}>`];
}

/** Prefixes that an ancestor has declared. */
type Scope = readonly string[];

function render(it: XmlElement, outer: Scope): string {
  const { open, scope } = opening(it, outer);
  let inner = '';
  for (const child of it.children ?? []) inner += content(child, scope);
  return `${open}${inner}</${it.name}>`;
}

function content(child: XmlContent, scope: Scope): string {
  if (child === undefined) return '';
  if (typeof child === 'string') return escapeText(child);
  return child instanceof Written ? child.xml : render(child, scope);
}

/** Start tag: declarations sorted by prefix, then attributes by namespace and local name. */
function opening({ name, attributes = {} }: XmlElement, outer: Scope): { open: string; scope: Scope } {
  const names = Object.keys(attributes).filter((key) => attributes[key] !== undefined && !key.startsWith('xmlns:'));
  const declared = [name, ...names].map(prefixOf).filter((prefix) => prefix !== '' && prefix !== 'xml');
  for (const key in attributes) if (key.startsWith('xmlns:')) declared.push(key.slice('xmlns:'.length));
  const fresh = [...new Set(declared)].filter((prefix) => !outer.includes(prefix));

  let open = `<${name}`;
  for (const prefix of fresh.sort()) open += ` xmlns:${prefix}="${namespaceOf(prefix)}"`;
  if (names.length > 1) names.sort(byNamespace);
  for (const key of names) open += ` ${key}="${escapeAttribute(attributes[key] ?? '')}"`;
  return { open: `${open}>`, scope: fresh.length === 0 ? outer : [...outer, ...fresh] };
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

/** Attributes without a namespace come first. */
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
const IN_TEXT: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#xD;' };
const IN_ATTRIBUTES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '"': '&quot;',
  '\t': '&#x9;',
  '\n': '&#xA;',
  '\r': '&#xD;',
};

export function escapeText(text: string): string {
  return text.replace(NOT_PLAIN_TEXT, (character) => IN_TEXT[character] ?? REPLACEMENT);
}

export function escapeAttribute(value: string): string {
  return value.replace(NOT_PLAIN_ATTRIBUTE, (character) => IN_ATTRIBUTES[character] ?? REPLACEMENT);
}
