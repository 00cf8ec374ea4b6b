/** What an XML document of a stranger's may hold, counted before a parser sees it. */
export interface XmlBounds {
  /** Elements inside each other. */
  depth: number;
  elements: number;
  /** Attributes of all elements, namespace declarations among them. */
  attributes: number;
  attributesOfElement: number;
  /** Namespace declarations in scope at one place: canonicalization searches them for every prefix of every element. */
  declarations: number;
  /** Names in one `PrefixList` (Exclusive XML Canonicalization section 4): each is searched for at every element. */
  prefixes: number;
}

/** What no honest document exceeds, however many entities or keys it holds. */
export const XML_SHAPE = {
  depth: 40,
  attributesOfElement: 100,
  declarations: 64,
  prefixes: 20,
} as const satisfies Partial<XmlBounds>;

const code = (character: string): number => character.charCodeAt(0);
const [OPEN, CLOSE, SLASH, EQUALS, QUOTE, APOSTROPHE] = [...'<>/="\''].map(code) as [
  number,
  number,
  number,
  number,
  number,
  number,
];

/** Constructs that hold no elements, by how they begin: how they end. */
const OTHERS = [
  ['<!--', '-->'],
  ['<![CDATA[', ']]>'],
  ['<?', '?>'],
] as const;

/** Why a document must not reach a parser, as a sentence: too much of something, or no end to something. */
export interface XmlRefusal {
  kind: 'excess' | 'malformed';
  message: string;
}

/**
 * Holds a document (UTF-8) against the bounds, in one pass that remembers nothing but the depth. It never counts less
 * than a parser would find: where it can't tell how a document goes on, it is refused as malformed.
 */
export function xmlRefusal(document: Uint8Array, bounds: XmlBounds): XmlRefusal | undefined {
  try {
    new Scan(document, bounds).run();
    return undefined;
  } catch (error) {
    if (error instanceof Refused) return { kind: error.kind, message: error.message };
    throw error;
  }
}

class Refused extends Error {
  readonly kind: XmlRefusal['kind'];

  constructor(kind: XmlRefusal['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}

const excess = (message: string): Refused => new Refused('excess', message);

class Scan {
  readonly #bytes: Buffer;
  readonly #bounds: XmlBounds;
  /** Declarations of each element that is open. */
  readonly #open: number[] = [];
  #inScope = 0;
  #elements = 0;
  #attributes = 0;
  #at = 0;

  constructor(document: Uint8Array, bounds: XmlBounds) {
    this.#bytes = Buffer.from(document.buffer, document.byteOffset, document.byteLength);
    this.#bounds = bounds;
  }

  run(): void {
    for (;;) {
      this.#at = this.#bytes.indexOf(OPEN, this.#at);
      if (this.#at === -1) return;
      const other = OTHERS.find(([begin]) => this.#begins(begin));
      if (other) this.#skip(other[0], other[1]);
      else if (this.#begins('</')) this.#end();
      else if (this.#begins('<!')) malformed('<!');
      else this.#start();
    }
  }

  #begins(text: string): boolean {
    for (let offset = 0; offset < text.length; offset++)
      if (this.#bytes[this.#at + offset] !== text.charCodeAt(offset)) return false;
    return true;
  }

  #skip(begin: string, end: string): void {
    const found = this.#bytes.indexOf(end, this.#at + begin.length);
    this.#at = found === -1 ? malformed(end) : found + end.length;
  }

  #end(): void {
    const declared = this.#open.pop();
    if (declared === undefined) malformed('the end of nothing');
    this.#inScope -= declared ?? 0;
    this.#skip('</', '>');
  }

  #start(): void {
    if (++this.#elements > this.#bounds.elements) throw excess(`it has more than ${this.#bounds.elements} elements`);
    this.#at = this.#nameEnd(this.#at + 1);
    if (this.#open.length === this.#bounds.depth)
      throw excess(`its elements are nested more than ${this.#bounds.depth} deep`);
    const declared = this.#attributesOf();
    if (this.#bytes[this.#at] !== SLASH) {
      this.#open.push(declared);
      return;
    }
    if (this.#bytes[this.#at + 1] !== CLOSE) malformed('/');
    this.#inScope -= declared;
  }

  /** Up to the `>` or `/` of the start tag; answers how many namespaces it declares. */
  #attributesOf(): number {
    const { attributes, attributesOfElement, declarations } = this.#bounds;
    let declared = 0;
    for (let own = 0; ; own++) {
      this.#at = this.#blankEnd(this.#at);
      const next = this.#bytes[this.#at];
      if (next === CLOSE || next === SLASH) return declared;
      if (own === attributesOfElement) throw excess(`an element has more than ${attributesOfElement} attributes`);
      if (++this.#attributes > attributes) throw excess(`it has more than ${attributes} attributes`);
      if (this.#attribute()) {
        declared++;
        if (++this.#inScope > declarations)
          throw excess(`more than ${declarations} namespaces are declared at one place`);
      }
    }
  }

  /** One attribute; answers whether it declares a namespace. */
  #attribute(): boolean {
    const begin = this.#at;
    const end = this.#nameEnd(begin);
    const name = this.#bytes.toString('latin1', begin, Math.min(end, begin + 200));
    const equals = this.#blankEnd(end);
    const opening = this.#blankEnd(equals + 1);
    const quote = this.#bytes[opening];
    if (end === begin || this.#bytes[equals] !== EQUALS || (quote !== QUOTE && quote !== APOSTROPHE)) malformed(name);
    const closing = this.#bytes.indexOf(quote as number, opening + 1);
    if (closing === -1) malformed(name);
    if (/^(?:[^:]*:)?PrefixList$/.test(name)) this.#prefixList(this.#bytes.subarray(opening + 1, closing));
    this.#at = closing + 1;
    return name === 'xmlns' || name.startsWith('xmlns:');
  }

  /** References may stand for white space: each counts as some. */
  #prefixList(value: Buffer): void {
    const { prefixes } = this.#bounds;
    let names = 0;
    let inName = false;
    for (const byte of value) {
      const parts = isBlank(byte) || byte === AMPERSAND;
      if (!parts && !inName) names++;
      inName = !parts;
    }
    if (names > prefixes) throw excess(`a PrefixList names more than ${prefixes} prefixes`);
  }

  #nameEnd(at: number): number {
    let end = at;
    for (; end < this.#bytes.length; end++) {
      const byte = this.#bytes[end] ?? 0;
      if (isBlank(byte) || byte === EQUALS || byte === CLOSE || byte === SLASH) return end;
      if (byte === OPEN || byte === QUOTE || byte === APOSTROPHE) break;
    }
    return malformed('a name');
  }

  #blankEnd(at: number): number {
    let end = at;
    while (isBlank(this.#bytes[end] ?? 0)) end++;
    return end;
  }
}

const AMPERSAND = code('&');

const isBlank = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

function malformed(what: string): never {
  throw new Refused('malformed', `it is not well-formed XML at ${JSON.stringify(what.slice(0, 40))}`);
}
