/** Texts, in the language that was chosen, else in the first of the browser's that there is. */

import { get, put } from './store.js';

export const LANGUAGES = { en: 'English', 'zh-Hant': '繁體中文', 'zh-Hans': '简体中文' };
const FIRST = 'en';

let texts = {};
let locale = FIRST;

/** The language that goes with a tag of the browser's (BCP 47), if any. */
export function languageOf(tag) {
  const lower = tag.toLowerCase();
  if (/^zh\b/.test(lower)) return /hant|tw|hk|mo/.test(lower) && !/hans/.test(lower) ? 'zh-Hant' : 'zh-Hans';
  return Object.keys(LANGUAGES).find((it) => lower === it || lower.startsWith(`${it}-`));
}

/** Loads the texts; with `chosen`, keeps that choice. */
export async function useLanguage(chosen) {
  if (chosen !== undefined) await put('settings', chosen, 'locale');
  // Where nothing is kept, the app still has to say so.
  const kept = await get('settings', 'locale').catch(() => undefined);
  locale = kept in LANGUAGES ? kept : (navigator.languages.map(languageOf).find(Boolean) ?? FIRST);
  texts = await (await fetch(new URL(`./texts/${locale}.json`, import.meta.url))).json();
  document.documentElement.lang = locale;
}

export const language = () => locale;

/** A text by its key, with `{names}` replaced. */
export function t(key, values = {}) {
  return (texts[key] ?? key).replaceAll(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''));
}

/** A text of the service's, which may come in several languages. */
export function localized(text) {
  if (typeof text === 'string') return text;
  return text?.[locale] ?? text?.[FIRST] ?? Object.values(text ?? {})[0] ?? '';
}

/** As people of this language write times where they are: the browser's own tag says more than the language. */
const region = () => navigator.languages.find((tag) => languageOf(tag) === locale) ?? locale;

export const clock = (time) =>
  new Intl.DateTimeFormat(region(), { hour: 'numeric', minute: '2-digit', second: '2-digit' }).format(time);

export const day = (time) => new Intl.DateTimeFormat(region(), { dateStyle: 'medium' }).format(time);
