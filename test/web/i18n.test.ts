import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createI18n, type LocaleFolder, localeFolders } from '../../src/web/i18n.ts';
import { pickLocale } from '../../src/web/languages.ts';
import { temporaryFolder } from '../support/folders.ts';

const LOCALES = ['en', 'zh-Hant', 'zh-Hans'];

type Texts = { [key: string]: string | Texts };

function texts({ folder }: LocaleFolder, locale: string): Texts {
  return JSON.parse(readFileSync(join(folder, `${locale}.json`), 'utf8'));
}

function flatten(tree: Texts, prefix = ''): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'string' ? [[prefix + key, value] as [string, string]] : flatten(value, `${prefix}${key}.`),
  );
}

/** Languages differ in their plural forms; each key must exist in one of them. */
const base = (key: string) => key.replace(/_(zero|one|two|few|many|other)$/, '');
const placeholders = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name).sort();

describe.each(localeFolders())('texts of $namespace', (folder) => {
  const english = flatten(texts(folder, 'en'));

  it.each(LOCALES)('are complete in %s', (locale) => {
    const keys = (list: [string, string][]) => [...new Set(list.map(([key]) => base(key)))].sort();
    expect(keys(flatten(texts(folder, locale)))).toEqual(keys(english));
  });

  it.each(LOCALES)('take the same values in %s, and hold neither markup nor nesting', (locale) => {
    const wanted = new Map(english.map(([key, text]) => [base(key), placeholders(text)]));
    for (const [key, text] of flatten(texts(folder, locale))) {
      expect({ key, values: placeholders(text) }).toEqual({ key, values: wanted.get(base(key)) });
      expect(text).not.toMatch(/[<>]|\$t\(|\{\{-/);
      expect(text.trim(), key).not.toBe('');
    }
  });
});

describe('a message', () => {
  const folder = (content: unknown) => {
    const path = temporaryFolder();
    mkdirSync(path, { recursive: true });
    for (const locale of LOCALES) writeFileSync(join(path, `${locale}.json`), JSON.stringify(content));
    return path;
  };
  const make = (missing: string[] = []) =>
    createI18n({
      locales: LOCALES,
      defaultLocale: 'en',
      folders: [
        { namespace: 'common', folder: folder({ hello: 'Hello {{name}}', both: 'common', group: { one: 'x' } }) },
        {
          namespace: 'tap',
          folder: folder({
            both: 'own',
            text: 'flat',
            'text.one': 'flat {{name}}',
            wait_one: '{{n}} day',
            wait_other: '{{n}} days',
          }),
        },
      ],
      onMissing: (key, namespace) => missing.push(`${namespace}:${key}`),
    });

  it('comes from its namespace, then from the common texts', () => {
    const i18n = make();
    expect(i18n.text('zh-Hant', { key: 'both' }, 'tap')).toBe('own');
    expect(i18n.text('zh-Hant', { key: 'both' })).toBe('common');
    expect(i18n.text('en', { key: 'hello', values: { name: 'Ada' } }, 'tap')).toBe('Hello Ada');
    expect(i18n.text('en', { key: 'text' }, 'tap')).toBe('flat');
    expect(i18n.text('en', { key: 'text.one', values: { name: 'Ada' } }, 'tap')).toBe('flat Ada');
  });

  it('takes its plural form from the only number', () => {
    const i18n = make();
    expect(i18n.text('en', { key: 'wait', values: { n: 1 } }, 'tap')).toBe('1 day');
    expect(i18n.text('en', { key: 'wait', values: { n: 2, name: 'x' } }, 'tap')).toBe('2 days');
  });

  it('is told as missing where no language has it, and where the key names a group', () => {
    const missing: string[] = [];
    const i18n = make(missing);
    expect(i18n.text('en', { key: 'nowhere' }, 'tap')).toBe('nowhere');
    expect(i18n.text('en', { key: 'group' })).toBe('group');
    expect(i18n.text('en', { key: 'tap:both' })).toBe('tap:both');
    expect(i18n.text('en', { key: '__proto__' })).toBe('__proto__');
    expect(i18n.text('en', { key: 'constructor' })).toBe('constructor');
    expect(missing).toHaveLength(5);
  });

  it('prints values as they are: no template, no nesting, no option of the library', () => {
    const i18n = make();
    const hostile = ['$t(both)', '{{both}}', '<b>', '$&', '$1', "$'"];
    for (const name of hostile) expect(i18n.t('en', 'hello', { name })).toBe(`Hello ${name}`);
    const options = { name: 'Ada', lng: 'xx', ns: 'tap', defaultValue: 'no', context: 'x', postProcess: 'x' };
    expect(i18n.t('en', 'hello', options)).toBe('Hello Ada');
  });

  it('gives an operator’s text in the nearest language', () => {
    const i18n = make();
    expect(i18n.localized('zh-Hant', 'Plain')).toBe('Plain');
    expect(i18n.localized('zh-Hant', { en: 'Library', 'zh-Hant': '圖書館' })).toBe('圖書館');
    expect(i18n.localized('zh-Hant', { en: 'Library', 'zh-TW': '圖書館' })).toBe('圖書館');
    expect(i18n.localized('zh-Hans', { en: 'Library', 'zh-Hant': '圖書館' })).toBe('圖書館');
    expect(i18n.localized('fr', { en: 'Library', 'zh-Hant': '圖書館' })).toBe('Library');
    expect(i18n.localized('en', { de: 'Bibliothek' })).toBe('Bibliothek');
    expect(i18n.localized('en', {})).toBe('');
  });
});

describe('the language of a page', () => {
  const pick = (hints: Parameters<typeof pickLocale>[2]) => pickLocale(LOCALES, 'en', hints);
  const accept = (acceptLanguage: string) => pick({ acceptLanguage });

  it.each([
    ['zh-TW', 'zh-Hant'],
    ['zh-HK', 'zh-Hant'],
    ['zh-MO', 'zh-Hant'],
    ['zh-Hant-HK', 'zh-Hant'],
    ['yue', 'zh-Hant'],
    ['zh-CN', 'zh-Hans'],
    ['zh-SG', 'zh-Hans'],
    ['zh-Hans-HK', 'zh-Hans'],
    ['zh', 'zh-Hant'],
    ['zh, zh-CN;q=0.8', 'zh-Hans'],
    ['zh-TW, zh;q=0.9, zh-CN;q=0.8', 'zh-Hant'],
    ['en-GB,en;q=0.9,zh-CN;q=0.8', 'en'],
    ['fr-FR, zh-CN;q=0.2, en;q=0.1', 'zh-Hans'],
    ['en;q=0.1, zh-HK;q=0.9', 'zh-Hant'],
    ['zh-CN;q=0, fr', 'en'],
    ['*', 'en'],
    ['', 'en'],
    ['zh_TW', 'zh-Hant'],
    ['not a language!!, zh-CN', 'zh-Hans'],
  ])('for Accept-Language %j is %s', (header, locale) => {
    expect(accept(header)).toBe(locale);
  });

  it('follows the choice in this browser, then the account, the application, the browser', () => {
    const all = { cookie: 'zh-Hans', account: 'en', uiLocales: ['zh-TW'], acceptLanguage: 'en' };
    expect(pick(all)).toBe('zh-Hans');
    expect(pick({ ...all, cookie: 'xx' })).toBe('en');
    expect(pick({ ...all, cookie: undefined, account: undefined })).toBe('zh-Hant');
    expect(pick({ ...all, cookie: undefined, account: undefined, uiLocales: ['de', 'xx'] })).toBe('en');
  });

  it('is one of those offered, whatever is sent', () => {
    const tag = fc.oneof(
      fc.string(),
      fc.constantFrom('zh', 'zh-TW', 'en', 'zh-Hans-CN', 'x-private', 'i-klingon', '*'),
    );
    const weight = fc.oneof(
      fc.constant(''),
      fc.string().map((q) => `;q=${q}`),
      fc.double().map((q) => `;q=${q}`),
    );
    const header = fc.array(fc.tuple(tag, weight).map((parts) => parts.join(''))).map((items) => items.join(','));
    fc.assert(
      fc.property(
        fc.option(tag),
        fc.option(tag),
        fc.array(tag),
        header,
        (cookie, account, uiLocales, acceptLanguage) => {
          const hints = { cookie: cookie ?? undefined, account: account ?? undefined, uiLocales, acceptLanguage };
          expect(LOCALES).toContain(pick(hints));
        },
      ),
    );
  });
});
