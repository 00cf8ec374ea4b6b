import fc from 'fast-check';
import { ParseOption, XmlDocument, XmlElement } from 'libxml2-wasm';
import { describe, expect, it } from 'vitest';
import { XML_SHAPE, type XmlBounds, xmlRefusal } from './xml-bounds.ts';

const NONE: XmlBounds = {
  depth: 1e9,
  elements: 1e9,
  attributes: 1e9,
  attributesOfElement: 1e9,
  declarations: 1e9,
  prefixes: 1e9,
};

const refusal = (xml: string, bounds: Partial<XmlBounds>) => xmlRefusal(Buffer.from(xml), { ...NONE, ...bounds });

/** What a parser finds; undefined where it refuses the document. */
function parsed(xml: string): XmlBounds | undefined {
  let document: XmlDocument;
  try {
    document = XmlDocument.fromBuffer(Buffer.from(xml), { encoding: 'UTF-8', option: ParseOption.XML_PARSE_NONET });
  } catch {
    return undefined;
  }
  try {
    const found = {
      ...NONE,
      depth: 0,
      elements: 0,
      attributes: 0,
      attributesOfElement: 0,
      declarations: 0,
      prefixes: 0,
    };
    const walk = (element: XmlElement, depth: number, above: number) => {
      const own = Object.keys(element.nsDeclarations).length;
      const attributes = element.attrs.length + own;
      found.elements++;
      found.attributes += attributes;
      found.depth = Math.max(found.depth, depth);
      found.attributesOfElement = Math.max(found.attributesOfElement, attributes);
      found.declarations = Math.max(found.declarations, above + own);
      for (const { name, value } of element.attrs)
        if (name === 'PrefixList') found.prefixes = Math.max(found.prefixes, value.split(/\s+/).filter(Boolean).length);
      for (const node of element.find('*')) if (node instanceof XmlElement) walk(node, depth + 1, above + own);
    };
    walk(document.root, 1, 0);
    return found;
  } finally {
    document.dispose();
  }
}

describe('what a document may hold, before it is parsed', () => {
  it.each<[keyof XmlBounds, string, number]>([
    ['depth', '<a><b><c/></b><b/></a>', 3],
    ['depth', '<a><b><c></c></b></a>', 3],
    ['elements', '<a><b/><b/></a>', 3],
    ['attributes', '<a x="1" xmlns:y="2"><b z="3"/></a>', 3],
    ['attributesOfElement', '<a x="1" xmlns:y="2"><b z="3"/></a>', 2],
    ['declarations', '<a xmlns="u"><b xmlns:x="u"/><b xmlns:y="u" xmlns:z="u"/></a>', 3],
    ['prefixes', '<a PrefixList=" a&#32;b\n c "/>', 3],
    ['prefixes', '<a x:PrefixList="a&#x9;b" xmlns:x="u"/>', 2],
  ])('%s, in %s: at most %i', (bound, xml, most) => {
    expect(refusal(xml, { [bound]: most })).toBeUndefined();
    expect(refusal(xml, { [bound]: most - 1 })).toMatchObject({ kind: 'excess' });
  });

  it('counts nothing in comments, instructions, CDATA and values, whatever they hold', () => {
    const xml = `<?xml version="1.0"?><!-- <b> ' --><a x='"/>' y="<?'"><![CDATA[<b x='1'>]]><?p <b> ?></a>`.replace(
      '<?',
      '<?',
    );
    expect(refusal(xml, { elements: 1, attributes: 2, depth: 1 })).toBeUndefined();
  });

  it.each([
    '<a',
    '<a x',
    '<a x=1>',
    '<a x="',
    '<!-- <a>',
    '<a><![CDATA[',
    '<!DOCTYPE a>',
    '</a>',
    '<?x',
    '<a / >',
    '< a/>',
  ])('tells no end of %s', (xml) => expect(refusal(xml, {})).toMatchObject({ kind: 'malformed' }));

  it('takes a time that grows with the size alone', () => {
    const cost = (xml: string): number => {
      const before = process.cpuUsage();
      xmlRefusal(Buffer.from(xml), NONE);
      const { user, system } = process.cpuUsage(before);
      return user + system;
    };
    const simple = `<a>${'<b c="d"/>'.repeat(200_000)}</a>`;
    cost(simple);
    const [usual, most] = [cost(simple), 2_000_000];
    for (const part of ['<a>', '<a b="', '<a PrefixList="a b c d"', '<!--', '<a xmlns:b="">', '<a ', '&'])
      expect(cost(part.repeat(most / part.length))).toBeLessThan(20 * usual + 200_000);
  });

  it('never finds less than the parser does', () => {
    const parts = fc.constantFrom(
      ...['<a>', '</a>', '<a/>', '<b c="d">', '</b>', '<x xmlns:n="u" n:y="1"/>', '<a xmlns="u">', '<!-- <a> -->'],
      ...[
        '<![CDATA[<a>]]>',
        '<?p <a>?>',
        '&lt;a>',
        'text',
        "<a b='>'>",
        '<a\nc = "1"\td="2">',
        '<a PrefixList="p q"/>',
      ],
      ...['<', '>', '"', "'", '=', '/', ' ', '-->', ']]>', '<é/>', '<a PrefixList="&#32;p&#32;q"/>'],
    );
    const documents = fc.array(parts, { maxLength: 20 }).map((some) => `<r>${some.join('')}</r>`);
    fc.assert(
      fc.property(documents, (xml) => {
        const found = parsed(xml);
        if (found === undefined) return;
        for (const [bound, count] of Object.entries(found))
          if (count > 0) expect(refusal(xml, { [bound]: count - 1 })).toBeDefined();
        expect(refusal(xml, found)).toBeUndefined();
      }),
      { numRuns: process.env.TESTS === 'long' ? 20_000 : 1000 },
    );
  });

  it('leaves room for what honest documents hold', () => {
    expect(XML_SHAPE.declarations).toBeGreaterThanOrEqual(50);
    expect(XML_SHAPE.prefixes).toBeGreaterThanOrEqual(20);
  });
});
