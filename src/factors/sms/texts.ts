import type { LocalizedText } from '../../core/account.ts';
import { byScript, numbered } from '../../core/naming.ts';
import en from './locales/en.json' with { type: 'json' };
import hans from './locales/zh-Hans.json' with { type: 'json' };
import hant from './locales/zh-Hant.json' with { type: 'json' };

const SCRIPTS: Readonly<Record<string, { method: string; message: string }>> = { Hant: hant, Hans: hans };

/** A name that none of `taken` has: `Text message (…678)`. */
export function defaultName(locale: string | undefined, number: string, taken: readonly string[]): string {
  return numbered(`${byScript(SCRIPTS, locale, en).method} (…${number.slice(-3)})`, taken);
}

/** What an institution calls itself in a language: of several names the one in its script, or else the first. */
export function nameIn(name: LocalizedText, locale: string | undefined): string {
  if (typeof name === 'string') return name;
  const [first = ''] = Object.values(name);
  const scripts = Object.entries(name).map(([tag, text]) => [new Intl.Locale(tag).maximize().script ?? '', text]);
  return byScript(Object.fromEntries(scripts), locale, name.en ?? first);
}

/**
 * The message, from whom people know. Its last line binds the code to our host, so that phones fill it in nowhere else (the format of
 * origin-bound one-time codes, delivered by text messages).
 */
export function messageText(
  locale: string | undefined,
  { name, host }: { name: string; host: string },
  code: string,
  minutes: number,
): string {
  // On one line: its last line is read by phones.
  const from = name.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ');
  const values: Readonly<Record<string, string>> = { name: from, host, code, minutes: String(minutes) };
  const said = byScript(SCRIPTS, locale, en).message.replaceAll(
    /\{\{(\w+)\}\}/g,
    (whole, name: string) => values[name] ?? whole,
  );
  return `${said}\n\n@${host} #${code}`;
}
