import { describe, expect, it } from 'vitest';
import { SamlFault } from '../errors.ts';
import { withDocument } from './library.ts';
import { elementsAndTextAlone, idsOnce } from './plain.ts';

const outcome = (xml: string, check: typeof idsOnce): string => {
  try {
    withDocument(xml, { bytes: 10_000 }, check);
    return 'taken';
  } catch (error) {
    return error instanceof SamlFault ? error.message : String(error);
  }
};

describe('a document without what it must not hold', () => {
  it.each([
    ['<a>b</a>', 'taken'],
    ['<?xml version="1.0"?><a>b</a>', 'taken'],
    ['\uFEFF<?xml version="1.0"?><a>b</a>', 'taken'],
    ['<a><![CDATA[<!-- -->]]></a>', 'taken'],
    ['<a>b<!-- --></a>', 'a comment or a processing instruction'],
    ['<?xml version="1.0"?><!-- --><a/>', 'a comment or a processing instruction'],
    ['<a/><!-- -->', 'a comment or a processing instruction'],
    ['<?b c?><a/>', 'a comment or a processing instruction'],
    ['<?xml version="1.0"?><?b?><a/>', 'a comment or a processing instruction'],
    ['<a><?b?></a>', 'a comment or a processing instruction'],
  ])('%s: comments and processing instructions', (xml, expected) => {
    expect(outcome(xml, elementsAndTextAlone)).toBe(expected);
  });

  it.each([
    ['<a ID="_1"/>', 'taken'],
    ['<a ID="_1"><b ID="_2"/></a>', 'taken'],
    ['<a ID="_1"><b ID="_1"/></a>', 'an ID twice'],
    ['<a ID="_1"><b Id\n=\t"_1"/></a>', 'an ID twice'],
    ['<a id="&#95;1"><b xml:id=\'_1\'/></a>', 'an ID twice'],
    ['<a b="id=" ID="_1"/>', 'taken'],
  ])('%s: IDs', (xml, expected) => {
    expect(outcome(xml, idsOnce)).toBe(expected);
  });
});
