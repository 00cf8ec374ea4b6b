import { type XmlBounds, type XmlRefusal, xmlRefusal } from './xml-bounds.ts';

/** No network, no external entities, no substitution of internal ones, no lifting of libxml2's own bounds. */
const OPTIONS = [
  'XML_PARSE_NONET',
  'XML_PARSE_NO_XXE',
  'XML_PARSE_NO_SYS_CATALOG',
  'XML_PARSE_NOCDATA',
  'XML_PARSE_SKIP_IDS',
  'XML_PARSE_NOWARNING',
] as const;

/** A parsed document, in the parser's own memory until it is disposed of. */
interface Parsed {
  readonly dtd: unknown;
  dispose(): void;
}

/** What is used of `libxml2-wasm`: whoever reads XML brings it. */
export interface XmlLibrary<D extends Parsed> {
  XmlDocument: { fromBuffer(bytes: Uint8Array, options: { encoding: string; option: number }): D };
  ParseOption: Readonly<Record<(typeof OPTIONS)[number], number>>;
}

/** Why a document isn't read; `unparsed`: `cause` is what the parser threw. */
export type XmlFault = XmlRefusal | { kind: 'doctype' } | { kind: 'unparsed'; cause: unknown };

/**
 * Reads XML of strangers (UTF-8, whatever its declaration says) with the options and checks that all of it gets: no
 * document type declaration, the bounds, then the parser. `faultOf` makes the error that is thrown.
 */
export function xmlReader<D extends Parsed>(library: XmlLibrary<D>, faultOf: (fault: XmlFault) => Error) {
  const option = OPTIONS.reduce((all, name) => all | library.ParseOption[name], 0);

  function parse(bytes: Uint8Array): D {
    try {
      return library.XmlDocument.fromBuffer(bytes, { encoding: 'UTF-8', option });
    } catch (cause) {
      throw faultOf({ kind: 'unparsed', cause });
    }
  }

  /** Hands the document to `read`, and frees it whatever happens. */
  return <T>(bytes: Uint8Array, bounds: XmlBounds, read: (document: D) => T): T => {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (text.includes('<!DOCTYPE') || text.includes('<!ENTITY')) throw faultOf({ kind: 'doctype' });
    const refusal = xmlRefusal(bytes, bounds);
    if (refusal) throw faultOf(refusal);
    const document = parse(bytes);
    try {
      if (document.dtd) throw faultOf({ kind: 'doctype' });
      return read(document);
    } finally {
      document.dispose();
    }
  };
}
