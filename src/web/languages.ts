import { createMemo } from '../core/memo.ts';

/** What may say in which language a page is to be, the most telling first. Any of it may come from strangers. */
export interface LanguageHints {
  /** Chosen in this browser by the language switch. */
  cookie?: string;
  /** Chosen earlier by the person who is signed in. */
  account?: string;
  /** `ui_locales` of the request (OpenID Connect Core section 3.1.2.1), in order of preference. */
  uiLocales?: readonly string[];
  /** Accept-Language (RFC 9110 section 12.5.4), as sent. */
  acceptLanguage?: string;
}

/** More than any browser sends; bounds the work that a stranger can ask for. */
const MOST_TAGS = 32;

/**
 * The language of a page: the first hint that an offered language can serve, else `fallback`.
 * Chinese goes by script (BCP 47, likely subtags): zh-TW, zh-HK and zh-MO are Hant, zh-CN and zh-SG
 * Hans. A bare `zh` takes the script that a later hint of the same list names, else the first offered.
 * Never throws.
 */
export function pickLocale(offered: readonly string[], fallback: string, hints: LanguageHints): string {
  const lists = [
    hints.cookie === undefined ? [] : [hints.cookie],
    hints.account === undefined ? [] : [hints.account],
    hints.uiLocales ?? [],
    acceptedTags(hints.acceptLanguage ?? ''),
  ];
  for (const list of lists) {
    const found = pickFrom(offered, list.slice(0, MOST_TAGS));
    if (found !== undefined) return found;
  }
  return fallback;
}

function pickFrom(offered: readonly string[], tags: readonly string[]): string | undefined {
  const wanted = tags.flatMap((tag) => parse(tag) ?? []);
  for (const [index, { language, script }] of wanted.entries()) {
    const candidates = offered.filter((tag) => parse(tag)?.language === language);
    const writtenIn = script ?? wanted.slice(index).find((one) => one.language === language && one.script)?.script;
    const exact = candidates.find((tag) => likelyScript(tag) === writtenIn);
    const found = exact ?? (script === undefined || candidates.length === 1 ? candidates[0] : undefined);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Tags of an Accept-Language header by falling weight; those of weight 0 are refusals. */
function acceptedTags(header: string): string[] {
  return header
    .split(',', MOST_TAGS)
    .map((item) => {
      const [tag = '', ...parameters] = item.split(';').map((part) => part.trim());
      const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
      return { tag, weight: weight === undefined ? 1 : Number(weight) };
    })
    .filter(({ tag, weight }) => tag !== '' && tag !== '*' && weight > 0)
    .sort((a, b) => b.weight - a.weight)
    .map(({ tag }) => tag);
}

/** Language of a tag, and its script where script or region says so. */
interface Tag {
  language: string;
  script: string | undefined;
}

/** Bounds of what strangers can have kept. */
const KEPT = 1000;
const LONGEST_KEPT = 35;
const keptTags = createMemo<string, Tag | 'none'>(KEPT);
const keptScripts = createMemo<string, string>(KEPT);

/** Undefined where it is no tag. The same few come again and again, and reading one asks ICU. */
function parse(tag: string): Tag | undefined {
  if (tag.length > LONGEST_KEPT) return read(tag);
  const known = keptTags(tag, () => read(tag) ?? 'none');
  return known === 'none' ? undefined : known;
}

function read(tag: string): Tag | undefined {
  try {
    const locale = new Intl.Locale(tag.replaceAll('_', '-'));
    const script = locale.script ?? (locale.region || locale.language === 'yue' ? likelyScript(tag) : undefined);
    // Cantonese is written in the Chinese that is offered.
    return { language: locale.language === 'yue' ? 'zh' : locale.language, script };
  } catch {
    return undefined;
  }
}

function likelyScript(tag: string): string | undefined {
  const find = () => new Intl.Locale(tag.replaceAll('_', '-')).maximize().script;
  return tag.length > LONGEST_KEPT ? find() : keptScripts(tag, () => find() ?? '') || undefined;
}

/** What a language calls itself. */
export function ownName(locale: string): string {
  return new Intl.DisplayNames(locale, { type: 'language' }).of(locale) ?? locale;
}

/** Writing direction, for `<html dir>`. */
export function direction(locale: string): 'ltr' | 'rtl' {
  return new Intl.Locale(locale).getTextInfo().direction === 'rtl' ? 'rtl' : 'ltr';
}
