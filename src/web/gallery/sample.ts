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
/** Longer than any layout would wish, and with what must be escaped. */
export const LONG = `Interdisciplinary Clinical Research Data Management & Randomisation Platform <"'> of the Medical Faculty`;
export const UNBROKEN = 'Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunterbeamtengesellschaft';

export const ada = { username: 'ada', name: 'Ada Lovelace' };
export const long = { username: `${UNBROKEN}@example.edu`, name: `Wolfeschlegelsteinhausenbergerdorff ${UNBROKEN}` };
export const frame = { action: '/sign-in/x', csrf: 'token', application: LIBRARY, account: ada };

export function sample<N extends PageName>(page: N, name: string, model: Pages[N], signedIn = false): Sample {
  return { name: name === '' ? page : `${page}-${name}`, page, model, signedIn };
}
