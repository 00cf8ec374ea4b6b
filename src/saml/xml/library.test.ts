import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SamlFault } from '../errors.ts';
import { authnRequest } from '../testing/messages.ts';
import { type Document, type Element, NS, path, schema, withDocument } from './library.ts';

const read = <T>(source: string | Uint8Array, reader: (document: Document) => T): T =>
  withDocument(source, { bytes: 10_000 }, reader);

const faultOf = (run: () => unknown): unknown => {
  try {
    run();
  } catch (error) {
    return error instanceof SamlFault ? error.fault : error;
  }
  return 'none';
};
const faultIn = (source: string | Uint8Array): unknown => faultOf(() => read(source, ({ root }) => root.name));

describe('a document', () => {
  it.each([
    ['a DOCTYPE', '<!DOCTYPE a><a/>', 'doctype'],
    ['entities', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 'doctype'],
    ['a DOCTYPE after a comment', '<!-- x --><!DOCTYPE a SYSTEM "http://x.example/"><a/>', 'doctype'],
    ['a DOCTYPE behind a declared encoding', '<?xml version="1.0" encoding="UTF-7"?>+ADw-a/+AD4-', 'encoding'],
    ['another encoding', '<?xml version="1.0" encoding=\'ISO-8859-1\'?><a/>', 'encoding'],
    ['UTF-16', Buffer.from('\uFEFF<!DOCTYPE a><a/>', 'utf16le'), 'encoding'],
    ['UTF-16 without a mark', Buffer.from('<a/>', 'utf16le'), 'encoding'],
    ['no UTF-8', Buffer.from([0x3c, 0x61, 0x3e, 0xff, 0x3c, 0x2f, 0x61, 0x3e]), 'encoding'],
    ['nothing', '', 'xml'],
    ['two roots', '<a/><b/>', 'xml'],
    ['an unknown entity', '<a>&b;</a>', 'xml'],
    ['an undeclared prefix', '<x:a/>', 'xml'],
    ['an attribute twice', '<a b="1" b="2"/>', 'xml'],
    ['an attribute twice by two prefixes', '<a xmlns:x="urn:x" xmlns:y="urn:x" x:b="1" y:b="2"/>', 'xml'],
    ['too many bytes', `<a>${'b'.repeat(10_000)}</a>`, 'size'],
  ])('is refused with %s', (_name, source, fault) => {
    expect(faultIn(source)).toBe(fault);
  });

  it('may declare UTF-8, in whatever case and quotes, and begin with its mark', () => {
    for (const declaration of [
      '<?xml version="1.0" encoding="UTF-8"?>',
      "\uFEFF<?xml version='1.0' encoding='utf-8' ?>",
    ])
      expect(read(`${declaration}<a>ü</a>`, ({ root }) => root.text)).toBe('ü');
  });

  it('is never anything but read or refused', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .array(
          fc.constantFrom('<', '>', '/', 'a', '="', '"', '&', ';', '<!', '--', '[CDATA[', '?', ' ', '\0', 'xmlns:a'),
          {
            maxLength: 30,
          },
        )
        .map((parts) => Buffer.from(parts.join(''))),
    );
    fc.assert(
      fc.property(bytes, (source) => {
        expect(['none', 'encoding', 'xml', 'doctype']).toContain(faultIn(source));
      }),
      { numRuns: 300 },
    );
  });

  it('is gone after the reading: nothing can be read of it any more', () => {
    let kept: Element | undefined;
    read('<a b="c"/>', ({ root }) => {
      kept = root;
    });
    expect(() => kept?.attribute('b')).toThrow('after its document was freed');
  });

  it('is freed when the reader throws', () => {
    let kept: Element | undefined;
    const reader = ({ root }: Document): void => {
      kept = root;
      throw new Error('mine');
    };
    expect(() => read('<a/>', reader)).toThrow('mine');
    expect(() => kept?.name).toThrow('after its document was freed');
  });
});

describe('an element', () => {
  const xml =
    '<p:a xmlns:p="urn:p" xmlns="urn:d" b="1" p:b="2" xml:lang="en"><b>x<![CDATA[<y>]]></b> <p:b/><c><!-- -->z</c><d>1<?e f?></d></p:a>';

  it('is known by its namespace and local name, its attributes too', () => {
    read(xml, ({ root }) => {
      expect([root.name, root.namespace, root.is('urn:p', 'a'), root.is('urn:d', 'a')]).toEqual([
        'a',
        'urn:p',
        true,
        false,
      ]);
      expect([root.attribute('b'), root.attribute('b', 'urn:p'), root.attribute('lang', NS.xml)]).toEqual([
        '1',
        '2',
        'en',
      ]);
      expect([root.attribute('absent'), root.attribute('b', 'urn:d')]).toEqual([undefined, undefined]);
      expect(root.children().map(({ name, namespace }) => `${namespace} ${name}`)).toEqual([
        'urn:d b',
        'urn:p b',
        'urn:d c',
        'urn:d d',
      ]);
      expect(root.children('urn:d', 'b')).toHaveLength(1);
      expect(root.child('urn:p', 'b')?.parent?.same(root)).toBe(true);
      expect(root.parent).toBeUndefined();
    });
  });

  it('has a text only where there is nothing but text', () => {
    read(xml, ({ root }) => {
      expect(root.child('urn:d', 'b')?.text).toBe('x<y>');
      expect(root.child('urn:p', 'b')?.text).toBe('');
      for (const name of ['c', 'd']) expect(faultOf(() => root.child('urn:d', name)?.text)).toBe('xml');
      expect(faultOf(() => root.text)).toBe('xml');
    });
  });

  it('has no canonical form under a relative namespace', () => {
    expect(faultOf(() => read('<a xmlns="u"/>', ({ root }) => root.canonical()))).toBe('xml');
  });
});

describe('schemas', () => {
  it('are compiled once', () => {
    expect(schema('protocol')).toBe(schema('protocol'));
  });

  it('say what is wrong with a message', () => {
    const validate = (xml: string) => faultOf(() => read(xml, (document) => document.validate(schema('protocol'))));
    expect(validate(authnRequest())).toBe('none');
    expect(validate(authnRequest().replace(' Version="2.0"', ''))).toBe('schema');
    expect(validate(authnRequest({ attributes: 'Extra="1"' }))).toBe('schema');
    expect(validate(authnRequest({ content: '<samlp:NameIDPolicy/><samlp:NameIDPolicy/>' }))).toBe('schema');
    expect(validate('<a/>')).toBe('schema');
  });

  it('are ours alone: one that a message names is neither fetched nor read', () => {
    const folder = mkdtempSync(join(tmpdir(), 'schema-'));
    const file = join(folder, 'theirs.xsd');
    writeFileSync(
      file,
      '<schema xmlns="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:x"><element name="x" type="int"/></schema>',
    );
    const xml = (location: string) =>
      authnRequest({
        attributes: `xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:x ${location}"`,
        content: '<samlp:Extensions><x xmlns="urn:x">no number</x></samlp:Extensions>',
      });
    for (const location of [file, pathToFileURL(file).href])
      expect(faultOf(() => read(xml(location), (document) => document.validate(schema('protocol'))))).toBe('none');
    rmSync(folder, { recursive: true });
  });

  it('know the extensions of metadata', () => {
    const metadata = (language: string) =>
      `<EntityDescriptor xmlns="${NS.md}" entityID="urn:e"><SPSSODescriptor protocolSupportEnumeration="${NS.samlp}">` +
      `<Extensions><mdui:UIInfo xmlns:mdui="${NS.mdui}"><mdui:DisplayName ${language}>x</mdui:DisplayName></mdui:UIInfo></Extensions>` +
      `<AssertionConsumerService Binding="urn:b" Location="https://l" index="0"/></SPSSODescriptor></EntityDescriptor>`;
    const validate = (xml: string) => faultOf(() => read(xml, (document) => document.validate(schema('metadata'))));
    expect(validate(metadata('xml:lang="en"'))).toBe('none');
    expect(validate(metadata(''))).toBe('schema');
  });
});

describe('a path', () => {
  it('finds elements, attributes and comments', () => {
    read('<a ID="1"><b ID="2"/><!-- c --></a>', (document) => {
      expect(document.values(path('//@ID'))).toEqual(['1', '2']);
      expect(document.count(path('//comment()'))).toBe(1);
      expect(document.find(path('//b')).map(({ name }) => name)).toEqual(['b']);
    });
  });
});

it('finds what stands behind a processing instruction, of which the library knows no next node', () => {
  const names = (xml: string) =>
    read(xml, ({ root }) => [root.children().map(({ name }) => name), root.child('', 'c')?.name]);
  for (const xml of ['<a><?p?><b/><c/></a>', '<a><b/><?p?><c/></a>', '<a><b/><c/><?p?></a>'])
    expect(names(xml)).toEqual([['b', 'c'], 'c']);
});
