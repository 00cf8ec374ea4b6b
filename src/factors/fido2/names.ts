import { byScript, givenName, numbered } from '../../core/naming.ts';
import en from './locales/en.json' with { type: 'json' };
import hans from './locales/zh-Hans.json' with { type: 'json' };
import hant from './locales/zh-Hant.json' with { type: 'json' };

const SCRIPTS: Readonly<Record<string, { method: string }>> = { Hant: hant, Hans: hans };

/** A name that none of `taken` has: the model's or else the method's, `YubiKey 5 NFC 2`. */
export function defaultName(model: string | undefined, locale: string | undefined, taken: readonly string[]): string {
  return numbered(givenName(model) ?? byScript(SCRIPTS, locale, en).method, taken);
}
