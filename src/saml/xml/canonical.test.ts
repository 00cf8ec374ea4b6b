import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SignedXml } from 'xml-crypto';
import { EXCLUSIVE } from '../testing/messages.ts';
import { withDocument } from './library.ts';

/** Exclusive canonicalization here and in xml-crypto, two implementations that share no code. */

const NAMES = ['a', 'b', 'Ab-c', '_d.e'];
const PREFIXES = ['', 'p', 'q', 'xs'];
const URIS = ['urn:one', 'urn:two', 'http://example.org/three?a=1'];

const text = fc
  .array(
    fc.oneof(
      fc.constantFrom('&amp;', '&lt;', '&gt;', '&#13;', '&#x9;', '&#10;', '\n', '\t', ' ', '"', "'", 'ü', '你', '😀'),
      fc.constantFrom('x', 'yz', '&#x1F600;', '&quot;'),
    ),
    { maxLength: 4 },
  )
  .map((parts) => parts.join(''));
const attributeText = text.map((value) => value.replaceAll('"', '&quot;'));

interface Node {
  prefix: string;
  name: string;
  declarations: [string, string][];
  attributes: [string, string][];
  content: (Node | string)[];
}

const { node } = fc.letrec<{ node: Node }>((tie) => ({
  node: fc.record({
    prefix: fc.constantFrom(...PREFIXES),
    name: fc.constantFrom(...NAMES),
    declarations: fc.uniqueArray(fc.tuple(fc.constantFrom(...PREFIXES), fc.constantFrom(...URIS)), {
      maxLength: 3,
      selector: ([prefix]) => prefix,
    }),
    attributes: fc.uniqueArray(
      fc.tuple(
        fc.constantFrom('z', 'y', 'ID', 'p:z', 'q:y', 'xml:lang').filter((name) => name !== 'xml:lang'),
        attributeText,
      ),
      { maxLength: 3, selector: ([name]) => name.replace(/^.*:/, '') },
    ),
    content: fc.array(
      fc.oneof({ depthSize: 'small', withCrossShrink: true }, text, fc.constant('<![CDATA[<&]]>'), tie('node')),
      { maxLength: 3 },
    ),
  }),
}));

/** All prefixes are declared at the top, so that whatever stands below is well-formed. */
const written = (root: Node): string =>
  `<top xmlns:p="urn:one" xmlns:q="urn:two" xmlns:xs="urn:one" xmlns="urn:default">${write(root, 'target')}</top>`;

function write({ prefix, name, declarations, attributes, content }: Node, id?: string): string {
  const full = prefix ? `${prefix}:${name}` : name;
  const own = [
    ...declarations.map(([as, uri]) => (as ? `xmlns:${as}="${uri}"` : `xmlns="${uri}"`)),
    ...attributes.filter(([at]) => !(id && at === 'ID')).map(([at, value]) => `${at}="${value}"`),
    ...(id ? [`ID="${id}"`] : []),
  ];
  const inner = content.map((part) => (typeof part === 'string' ? part : write(part))).join('');
  return `<${[full, ...own].join(' ')}>${inner}</${full}>`;
}

function byXmlCrypto(xml: string, prefixes: string[]): string {
  const signed = new SignedXml({ privateKey: 'none' });
  let found = '';
  // What it would digest for a reference to the element, taken from its own code path.
  signed.HashAlgorithms['urn:capture'] = class {
    getHash = (octets: string): string => {
      found = octets;
      return '';
    };
    getAlgorithmName = (): string => 'urn:capture';
  };
  signed.SignatureAlgorithms['urn:none'] = class {
    getSignature = (): string => '';
    verifySignature = (): boolean => false;
    getAlgorithmName = (): string => 'urn:none';
  } as (typeof signed.SignatureAlgorithms)[string];
  signed.signatureAlgorithm = 'urn:none';
  signed.canonicalizationAlgorithm = EXCLUSIVE;
  signed.addReference({
    xpath: "//*[@ID='target']",
    transforms: [EXCLUSIVE],
    digestAlgorithm: 'urn:capture',
    inclusiveNamespacesPrefixList: prefixes,
  });
  signed.computeSignature(xml);
  return found;
}

const ours = (xml: string, prefixes: string[]): string =>
  withDocument(xml, { bytes: 100_000 }, ({ root }) => root.children()[0]?.canonical(prefixes).toString() ?? '');

describe('exclusive canonicalization', () => {
  it('agrees with xml-crypto on whatever tree', () => {
    fc.assert(
      fc.property(node, (root) => {
        const xml = written(root);
        expect(ours(xml, [])).toBe(byXmlCrypto(xml, []));
      }),
      { numRuns: 150 },
    );
  });

  it('of the canonical form is the canonical form', () => {
    fc.assert(
      fc.property(node, (root) => {
        const once = ours(written(root), []);
        expect(withDocument(once, { bytes: 100_000 }, (document) => document.root.canonical().toString())).toBe(once);
      }),
      { numRuns: 100 },
    );
  });

  it('takes the prefixes of InclusiveNamespaces along, the default namespace among them', () => {
    const xml = '<top xmlns="urn:d" xmlns:p="urn:p" xmlns:q="urn:q"><p:a>q:x</p:a></top>';
    expect(ours(xml, [])).toBe('<p:a xmlns:p="urn:p">q:x</p:a>');
    expect(ours(xml, ['q'])).toBe('<p:a xmlns:p="urn:p" xmlns:q="urn:q">q:x</p:a>');
    expect(ours(xml, ['#default', 'absent'])).toBe('<p:a xmlns="urn:d" xmlns:p="urn:p">q:x</p:a>');
  });

  it('leaves comments out, and instructions in', () => {
    expect(ours('<top><a>1<!-- 2 -->3<?four five?></a></top>', [])).toBe('<a>13<?four five?></a>');
  });
});
