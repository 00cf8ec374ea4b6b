import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import i18next from 'i18next';
import type { LocalizedText } from '../core/account.ts';
import { createMemo } from '../core/memo.ts';
import type { Message } from '../core/prompt.ts';
import { COMMON, placeOf, type TextOverrides } from './branding/keys.ts';
import { type LanguageHints, pickLocale } from './languages.ts';
import { createMethodNames } from './method-names.ts';

/** Bounds of what strangers can have kept. */
const PICKED = 1000;
const LONGEST_KEPT = 200;
const VIEWS_LOCALES = fileURLToPath(new URL('../../views/locales', import.meta.url));
const SOURCE = fileURLToPath(new URL('..', import.meta.url));

/** A folder of `<locale>.json` files and the namespace that its keys stand in. */
export interface LocaleFolder {
  namespace: string;
  folder: string;
}

export interface I18nOptions {
  /** BCP 47 tags offered, in the order of the language switch. */
  locales: readonly string[];
  defaultLocale: string;
  /** Folders of texts; by default the views' own and those of every plug-in. */
  folders?: readonly LocaleFolder[];
  /** In the place of ours, by language and key. */
  overrides?: TextOverrides;
  /** By namespace, what methods are called that bring no texts: other houses. */
  methods?: Iterable<readonly [namespace: string, name: LocalizedText]>;
  /** Told of a key that no language has; the key itself is shown then. */
  onMissing?: (key: string, namespace: string) => void;
}

export type Values = Message['values'];

/** Texts in the languages offered. They are plain text: the view escapes them. */
export interface I18n {
  readonly locales: readonly string[];
  readonly defaultLocale: string;
  pick(hints: LanguageHints): string;
  /** The text of a common key. */
  t(locale: string, key: string, values?: Values): string;
  /** A message's text, from the namespace first (a factor's own), then from the common texts. */
  text(locale: string, message: Message, namespace?: string): string;
  /** A message, or text that an operator wrote. */
  label(locale: string, label: Message | LocalizedText, namespace?: string): string;
  /** Whether there is such a text, the namespace's or a common one. */
  has(locale: string, key: string, namespace?: string): boolean;
  localized(locale: string, text: LocalizedText): string;
  /** A method's name; in this language if it is one that we gave. */
  named(locale: string, name: string): string;
  /** Whether its name says of what kind it is. */
  saysKind(name: string): boolean;
}

/** Folders with texts: `views/locales`, and `locales` of each plug-in below `source`. */
export function localeFolders(source: string = SOURCE): LocaleFolder[] {
  const folders = [{ namespace: COMMON, folder: VIEWS_LOCALES }];
  for (const kind of ['factors', 'doors', 'directories', 'senders']) {
    if (!existsSync(join(source, kind))) continue;
    for (const id of readdirSync(join(source, kind)).sort()) {
      const folder = join(source, kind, id, 'locales');
      if (existsSync(folder)) folders.push({ namespace: id, folder });
    }
  }
  return folders;
}

/** Loads all texts at once. Throws where a file is missing or isn't JSON: a start-up fault. */
export function createI18n(options: I18nOptions): I18n {
  const { locales, defaultLocale, onMissing, folders = localeFolders(), overrides = {}, methods = [] } = options;
  const instance = i18next.createInstance();
  void instance.init({
    initAsync: false,
    load: 'currentOnly',
    fallbackLng: defaultLocale,
    supportedLngs: [...locales],
    ns: [COMMON],
    defaultNS: COMMON,
    // Namespaces are given apart from keys, so that a key from outside can't name one.
    nsSeparator: false,
    // Eta escapes what a template prints; twice would show entities.
    interpolation: { escapeValue: false },
    resources: {},
  });
  const names = createMethodNames();
  for (const { namespace, folder } of folders) {
    for (const locale of locales) {
      const texts: object = JSON.parse(readFileSync(join(folder, `${locale}.json`), 'utf8'));
      instance.addResourceBundle(locale, namespace, texts, true, false);
      if (namespace !== COMMON) names.learn(namespace, texts);
    }
  }
  for (const [locale, texts] of Object.entries(overrides)) {
    for (const [written, text] of Object.entries(texts)) {
      const { namespace, key } = placeOf(written);
      instance.addResource(locale, namespace, key, text);
    }
  }

  for (const [namespace, name] of methods) {
    for (const locale of locales)
      instance.addResource(locale, namespace, 'method', localized(locale, defaultLocale, name));
  }

  function find(locale: string, { key, values }: Message, namespace: string): unknown {
    // A group of texts is given as such, and so isn't taken for a text.
    const lookup = {
      lng: locale,
      ns: [namespace, COMMON],
      replace: values ?? {},
      count: countOf(values),
      returnObjects: true,
    };
    return instance.exists(key, lookup) ? instance.t(key, lookup) : undefined;
  }

  const found = foundOnce(find);

  function text(locale: string, message: Message, namespace = COMMON): string {
    const said = found(locale, message, namespace);
    if (typeof said === 'string') return said;
    onMissing?.(message.key, namespace);
    return message.key;
  }

  return {
    locales,
    defaultLocale,
    pick: remembered(locales, defaultLocale),
    t: (locale, key, values) => text(locale, { key, ...(values && { values }) }),
    text,
    label: (locale, label, namespace) =>
      isMessage(label) ? text(locale, label, namespace) : localized(locale, defaultLocale, label),
    has: (locale, key, namespace = COMMON) => typeof found(locale, { key }, namespace) === 'string',
    localized: (locale, value) => localized(locale, defaultLocale, value),
    named(locale, name) {
      const given = names.given(name);
      return given === undefined ? name : `${text(locale, given, given.namespace)}${given.rest}`;
    },
    saysKind: (name) => names.given(name) !== undefined,
  };
}

type Find = (locale: string, message: Message, namespace: string) => unknown;

/** Keeps texts without values, once found: there are no more of them than files have, and none changes. */
function foundOnce(find: Find): Find {
  const kept = new Map<string, string>();
  return (locale, message, namespace) => {
    if (isFilled(message.values)) return find(locale, message, namespace);
    const place = `${locale} ${namespace} ${message.key}`;
    const found = kept.get(place) ?? find(locale, message, namespace);
    if (typeof found === 'string') kept.set(place, found);
    return found;
  };
}

const isFilled = (values: Values): boolean => values !== undefined && Object.keys(values).length > 0;

function isMessage(label: Message | LocalizedText): label is Message {
  return typeof label === 'object' && typeof label.key === 'string';
}

/** What browsers send is the same again and again: the choice by cookie and header is made once. */
function remembered(locales: readonly string[], defaultLocale: string): I18n['pick'] {
  const picked = createMemo<string, string>(PICKED);
  return (hints) => {
    const { cookie = '', acceptLanguage = '', account, uiLocales } = hints;
    if (account !== undefined || uiLocales !== undefined || cookie.length + acceptLanguage.length > LONGEST_KEPT) {
      return pickLocale(locales, defaultLocale, hints);
    }
    return picked(`${cookie}\0${acceptLanguage}`, () => pickLocale(locales, defaultLocale, hints));
  };
}

/** Plural forms go by `count`, or by the only number among the values (`minutes`, `days`). */
function countOf(values: Values): number | undefined {
  if (typeof values?.count === 'number') return values.count;
  const numbers = Object.values(values ?? {}).filter((value) => typeof value === 'number');
  return numbers.length === 1 ? numbers[0] : undefined;
}

/** The text in this language, else in the default one, else in any. */
function localized(locale: string, defaultLocale: string, text: LocalizedText): string {
  if (typeof text === 'string') return text;
  const found = pickLocale(Object.keys(text), '', { cookie: locale, account: defaultLocale });
  return text[locale] ?? text[found] ?? Object.values(text)[0] ?? '';
}
