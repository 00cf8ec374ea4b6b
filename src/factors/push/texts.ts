import { byScript } from '../../core/naming.ts';
import en from './locales/en.json' with { type: 'json' };
import hans from './locales/zh-Hans.json' with { type: 'json' };
import hant from './locales/zh-Hant.json' with { type: 'json' };

const SCRIPTS: Readonly<Record<string, { method: string }>> = { Hant: hant, Hans: hans };

/** What a phone is called that came without a name. */
export function defaultName(locale: string | undefined): string {
  return byScript(SCRIPTS, locale, en).method;
}
