import { byScript } from '../../core/naming.ts';
import en from './locales/en.json' with { type: 'json' };
import hans from './locales/zh-Hans.json' with { type: 'json' };
import hant from './locales/zh-Hant.json' with { type: 'json' };

const SCRIPTS: Readonly<Record<string, { method: string }>> = { Hant: hant, Hans: hans };

export const methodName = (locale: string | undefined): string => byScript(SCRIPTS, locale, en).method;
