import { byScript, numbered } from '../../core/naming.ts';
import en from './locales/en.json' with { type: 'json' };
import hans from './locales/zh-Hans.json' with { type: 'json' };
import hant from './locales/zh-Hant.json' with { type: 'json' };

const SCRIPTS: Readonly<Record<string, { method: string; message: string }>> = { Hant: hant, Hans: hans };

/** A name that none of `taken` has: `Text message (…678)`. */
export function defaultName(locale: string | undefined, number: string, taken: readonly string[]): string {
  return numbered(`${byScript(SCRIPTS, locale, en).method} (…${number.slice(-3)})`, taken);
}

/**
 * The message. Its last line binds the code to our host, so that phones fill it in nowhere else (the format of
 * origin-bound one-time codes, delivered by text messages).
 */
export function messageText(locale: string | undefined, host: string, code: string, minutes: number): string {
  const values: Readonly<Record<string, string>> = { host, code, minutes: String(minutes) };
  const said = byScript(SCRIPTS, locale, en).message.replaceAll(
    /\{\{(\w+)\}\}/g,
    (whole, name: string) => values[name] ?? whole,
  );
  return `${said}\n\n@${host} #${code}`;
}
