import { byScript, numbered } from '../../core/naming.ts';
import en from './locales/en.json' with { type: 'json' };
import hans from './locales/zh-Hans.json' with { type: 'json' };
import hant from './locales/zh-Hant.json' with { type: 'json' };

const SCRIPTS: Readonly<Record<string, { method: string; 'token.method': string }>> = { Hant: hant, Hans: hans };

/** `Hardware token 1000133508267`: the number that is printed on it. */
export function tokenName(locale: string | undefined, serial: string): string {
  return `${byScript(SCRIPTS, locale, en)['token.method']} ${serial}`;
}

/** A name that none of `taken` has: `Code app`, `Code app 2`, in the account's language. */
export function defaultName(locale: string | undefined, taken: readonly string[]): string {
  return numbered(byScript(SCRIPTS, locale, en).method, taken);
}
