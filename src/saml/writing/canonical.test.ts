import { DOMParser } from '@xmldom/xmldom';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExclusiveCanonicalization } from 'xml-crypto';
import { NAMESPACES } from '../namespaces.ts';
import { element, Written, write, writeAround, type XmlContent, type XmlElement } from './canonical.ts';

/** What another implementation makes of what we wrote: the same, if it was canonical. */
function canonicalised(xml: string, inclusive: string[] = []): string {
  const faults: string[] = [];
  const note = (fault: string) => faults.push(fault);
  const parser = new DOMParser({ errorHandler: { warning: note, error: note, fatalError: note } });
  const root = parser.parseFromString(xml, 'text/xml').documentElement;
  expect(faults).toEqual([]);
  if (root === null) throw new Error('no element');
  return new ExclusiveCanonicalization().process(root, { inclusiveNamespacesPrefixList: inclusive });
}

const PREFIXES = Object.keys(NAMESPACES).filter((prefix) => prefix !== 'xml') as (keyof typeof NAMESPACES)[];

/** Text with all that has a meaning in XML, in templates, or in neither. */
const text = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 6 }),
      fc.constantFrom(
        '<',
        '>',
        '&',
        '"',
        "'",
        '\r',
        '\n',
        '\t',
        ']]>',
        '<!--',
        '&#xD;',
        '{Attributes}',
        '$&',
        '𝒳',
        'é',
      ),
      fc.constantFrom('\0', '\x08', '\x1F', '\x7F', '\x85', '\u2028', '\uD800', '\uDFFF', '\uFFFE', '\uFFFF'),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(''));

const local = fc.stringMatching(/^[A-Za-z][A-Za-z0-9]{0,5}$/);
const qualified = fc.tuple(fc.constantFrom(...PREFIXES), local).map(([prefix, name]) => `${prefix}:${name}` as const);
// xml-crypto sorts attributes wrongly where one namespace begins with another: we have none in either.
const attribute = qualified.filter((name) => !/^(?:md|xs):/.test(name));
const attributes = fc.dictionary(fc.oneof(local, attribute, fc.constant('xml:lang')), text, { maxKeys: 4 });
const tree = fc.letrec<{ element: XmlElement; content: XmlContent }>((tie) => ({
  content: fc.oneof({ depthSize: 'small' }, text, tie('element')),
  element: fc.record({ name: qualified, attributes, children: fc.array(tie('content'), { maxLength: 3 }) }),
})).element;

describe('the writer of canonical XML', () => {
  it('writes what a canonicaliser leaves as it is', () => {
    fc.assert(
      fc.property(tree, (root) => {
        const xml = write(root);
        expect(canonicalised(xml)).toBe(xml);
      }),
      { numRuns: 300 },
    );
  });

  it('brings every character that XML can carry to the reader, and no other', () => {
    fc.assert(
      fc.property(text, (value) => {
        const xml = write(element('saml:A', { b: value }, value));
        const read = new DOMParser().parseFromString(xml, 'text/xml').documentElement;
        const carried = value
          .toWellFormed()
          // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
          .replace(/[\0-\x08\x0B\x0C\x0E-\x1F\x85\u2028\uFFFE\uFFFF]/g, '\uFFFD');
        expect(read?.textContent).toBe(carried.replace(/\r\n?/g, '\n'));
        expect(read?.getAttribute('b')).toBe(carried);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['text', 'a&b<c>d"e\'f\rg\nh\ti]]>', 'a&amp;b&lt;c&gt;d"e\'f\ng\nh\ti]]&gt;'],
    ['a control character', 'ad\0min', 'ad\uFFFDmin'],
    ['a lone surrogate', 'a\uD83Db', 'a\uFFFDb'],
    ['an astral character', '🎓', '🎓'],
  ])('escapes %s', (_, value, written) => {
    expect(write(element('saml:A', {}, value))).toBe(`<saml:A xmlns:saml="${NAMESPACES.saml}">${written}</saml:A>`);
  });

  it('keeps a declaration that only values use where the signature names its prefix', () => {
    const typed = element('saml:V', { 'xsi:type': 'xs:string' }, 'x');
    const xml = write(element('saml:A', { 'xmlns:xs': NAMESPACES.xs, ID: '_1' }, typed));
    expect(canonicalised(xml, ['xs'])).toBe(xml);
    expect(canonicalised(xml)).not.toContain('xmlns:xs=');
  });

  it('is canonical still where what was written is put into another element', () => {
    const inner = write(element('saml:A', { 'xmlns:xs': NAMESPACES.xs, ID: '_1' }, element('ds:B', {})));
    const xml = write(element('samlp:R', { ID: '_2' }, element('saml:I', {}, 'x'), new Written(inner)));
    expect(canonicalised(xml, ['xs'])).toBe(xml);
  });

  it('parts an element where a signature goes', () => {
    fc.assert(
      fc.property(tree, fc.nat(3), (root, at) => {
        expect(writeAround(root, at).join('')).toBe(write(root));
      }),
      { numRuns: 100 },
    );
  });

  it('knows no other prefix', () => {
    expect(() => write(element('saml:A', { 'evil:b': '1' }))).toThrow('evil');
    expect(() => write(element('saml:A', { 'constructor:b': '1' }))).toThrow('constructor');
  });
});
