import type { LocalizedText } from '../../core/account.ts';
import type { PageName, Pages } from '../models.ts';

/** A page as the tests show it: a name for messages and screenshots, and what the renderer is given. */
export interface Sample<N extends PageName = PageName> {
  name: string;
  page: N;
  model: Pages[N];
  /** Shows the header of someone who is signed in. */
  signedIn?: boolean;
}

/** When the gallery is set. */
export const NOW = Date.UTC(2026, 2, 14, 9, 30);
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

export const LIBRARY = { en: 'Library', 'zh-Hant': '圖書館', 'zh-Hans': '图书馆' };
export const COURSES = { en: 'Courses', 'zh-Hant': '課程平台', 'zh-Hans': '课程平台' };
export const PAYROLL = { en: 'Payroll', 'zh-Hant': '薪資系統', 'zh-Hans': '薪资系统' };
export const HOSPITAL = { en: 'Partner Hospital', 'zh-Hant': '夥伴醫院', 'zh-Hans': '合作医院' };
/** Longer than any layout would wish, and with what must be escaped. */
export const LONG = `Interdisciplinary Clinical Research Data Management & Randomisation Platform <"'> of the Medical Faculty`;
export const UNBROKEN = 'Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunterbeamtengesellschaft';

export const ada = { username: 'ada', name: 'Ada Lovelace' };
export const long = { username: `${UNBROKEN}@example.edu`, name: `Wolfeschlegelsteinhausenbergerdorff ${UNBROKEN}` };
export const frame = { action: '/sign-in/x', csrf: 'token', application: LIBRARY, account: ada };

export function sample<N extends PageName>(page: N, name: string, model: Pages[N], signedIn = false): Sample {
  return { name: name === '' ? page : `${page}-${name}`, page, model, signedIn };
}

/** What a real page is given in its reader's language, as one string. */
const SAID: readonly LocalizedText[] = [
  ...[LIBRARY, COURSES, PAYROLL, HOSPITAL],
  { en: 'Code app', 'zh-Hant': '驗證碼應用程式', 'zh-Hans': '验证码应用' },
  { en: 'Campus VPN', 'zh-Hant': '校園 VPN', 'zh-Hans': '校园 VPN' },
  { en: 'near Cambridge, United Kingdom', 'zh-Hant': '英國劍橋附近', 'zh-Hans': '英国剑桥附近' },
  { en: 'near Kowloon, Hong Kong', 'zh-Hant': '香港九龍附近', 'zh-Hans': '香港九龙附近' },
  { en: 'Hong Kong', 'zh-Hant': '香港', 'zh-Hans': '香港' },
  { en: '30 days', 'zh-Hant': '30 天', 'zh-Hans': '30 天' },
];
const said = new Map(SAID.map((words) => [typeof words === 'string' ? words : words.en, words]));

/** A model as it is for a reader: `localized` has a text in their language. */
export function inTheirs<T>(model: T, localized: (text: LocalizedText) => string): T {
  return JSON.parse(
    JSON.stringify(model, (_, value) => {
      const words = typeof value === 'string' ? said.get(value) : undefined;
      return words === undefined ? value : localized(words);
    }),
  );
}
