import type { LocalizedText } from '../../core/account.ts';
import { type Element, NS } from '../xml/library.ts';

const LONGEST = 1_000;
/** Nothing needs to be done, as with most texts. */
const ORDINARY = /^[!-~]+(?: [!-~]+)*$/;
/** Controls, line ends, and what turns the direction of writing: a name mustn't rearrange the page around it. */
const UNSEEN = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+/gu;

/** Texts by language; those with no tag, or none of BCP 47, and those that `keep` refuses are left out. */
export function localized(
  elements: readonly Element[],
  keep: (text: string) => boolean = () => true,
): LocalizedText | undefined {
  const texts = new Map<string, string>();
  for (const element of elements) {
    const language = languageOf(element);
    const text = plain(element.text.trim());
    if (language === undefined || text === '' || texts.has(language) || !keep(text)) continue;
    texts.set(language, text);
  }
  return texts.size === 0 ? undefined : Object.fromEntries(texts);
}

/** Text on one line, bounded. */
export function plain(text: string): string {
  if (ORDINARY.test(text)) return text.slice(0, LONGEST);
  const line = text.replace(UNSEEN, ' ').replace(/\s+/g, ' ').trim();
  return [...line].slice(0, LONGEST).join('');
}

/** Whether a browser may be sent there: `javascript:` in a link runs as us. */
export function isWebAddress(text: string): boolean {
  return text.length <= 2048 && /^https?:\/\/[^\s"'<>\\]+$/i.test(text) && URL.canParse(text);
}

function languageOf(element: Element): string | undefined {
  const tag = element.attribute('lang', NS.xml)?.trim();
  if (tag === undefined || tag.length > 35) return undefined;
  const known = languages.get(tag);
  if (known !== undefined) return known;
  const language = canonical(tag);
  if (language !== undefined && languages.size < MOST_LANGUAGES) languages.set(tag, language);
  return language;
}

/** Canonical forms by what was written: an aggregate says `en` a hundred thousand times. */
const languages = new Map<string, string>();
const MOST_LANGUAGES = 1_000;

function canonical(tag: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(tag)[0];
  } catch {
    return undefined;
  }
}
