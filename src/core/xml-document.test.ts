import { ParseOption, XmlDocument } from 'libxml2-wasm';
import { describe, expect, it } from 'vitest';
import { XML_SHAPE } from './xml-bounds.ts';
import { type XmlFault, xmlReader } from './xml-document.ts';

const BOUNDS = { ...XML_SHAPE, elements: 3, attributes: 10 };

class Refused extends Error {
  readonly fault: XmlFault;

  constructor(fault: XmlFault) {
    super(fault.kind);
    this.fault = fault;
  }
}

const read = xmlReader({ XmlDocument, ParseOption }, (fault) => new Refused(fault));
const nameOf = (xml: string) => read(Buffer.from(xml), BOUNDS, ({ root }) => root.name);

describe('XML of strangers', () => {
  it('is parsed as UTF-8', () => {
    expect(nameOf('<?xml version="1.0" encoding="ISO-8859-1"?><ä/>')).toBe('ä');
  });

  it.each([
    ['doctype', '<!DOCTYPE a><a/>'],
    ['doctype', '<a/><!ENTITY b "c">'],
    ['excess', '<a><b/><b/><b/></a>'],
    ['malformed', '<a b></a>'],
    ['unparsed', '<a></b>'],
  ])('is refused as %s: %s', (kind, xml) => {
    expect(() => nameOf(xml)).toThrow(kind);
  });

  it('is refused with a declaration that only the parser sees', () => {
    const document = { dtd: {}, dispose() {} };
    const declared = xmlReader({ XmlDocument: { fromBuffer: () => document }, ParseOption }, (it) => new Refused(it));
    expect(() => declared(Buffer.from('<a/>'), BOUNDS, () => 'read')).toThrow('doctype');
  });

  it('is freed whatever its reader does', () => {
    let freed = 0;
    const library = { XmlDocument: { fromBuffer: () => ({ dtd: null, dispose: () => freed++ }) }, ParseOption };
    const counted = xmlReader(library, (fault) => new Refused(fault));
    expect(counted(Buffer.from('<a/>'), BOUNDS, () => 'read')).toBe('read');
    const failing = () => {
      throw new Error('no such thing');
    };
    expect(() => counted(Buffer.from('<a/>'), BOUNDS, failing)).toThrow('no such thing');
    expect(freed).toBe(2);
  });

  it('is parsed without network, entities, or what a system keeps in catalogs', () => {
    let given = 0;
    const fromBuffer = (_bytes: Uint8Array, { option }: { option: number }) => {
      given = option;
      return { dtd: null, dispose() {} };
    };
    xmlReader({ XmlDocument: { fromBuffer }, ParseOption }, (fault) => new Refused(fault))(
      Buffer.from('<a/>'),
      BOUNDS,
      () => 0,
    );
    const { XML_PARSE_NONET, XML_PARSE_NO_XXE, XML_PARSE_NO_SYS_CATALOG, XML_PARSE_NOENT, XML_PARSE_HUGE } =
      ParseOption;
    for (const due of [XML_PARSE_NONET, XML_PARSE_NO_XXE, XML_PARSE_NO_SYS_CATALOG]) expect(given & due).toBe(due);
    for (const not of [XML_PARSE_NOENT, XML_PARSE_HUGE]) expect(given & not).toBe(0);
  });
});
