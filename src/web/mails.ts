import { fileURLToPath } from 'node:url';
import { Eta } from 'eta';
import type { LocalizedText } from '../core/account.ts';
import { type Colours, wornColours } from './branding/palette.ts';
import type { I18n } from './i18n.ts';
import { direction } from './languages.ts';

const VIEWS = fileURLToPath(new URL('../../views', import.meta.url));

/** Characters of what somebody else wrote. */
const LONGEST = 300;

/** A mail as both its forms say it: plain text, in the language of whoever gets it. */
export interface Draft {
  /** What it is about, in few words: of the subject, and the heading. */
  what: string;
  /** Whom it greets. */
  name: string;
  paragraphs: readonly string[];
  facts?: readonly { label: string; value: string }[];
  /** What to do. */
  advice?: readonly string[];
  /** The one button, where there is something to open: it opens a page, and does nothing by being opened. */
  action?: { label: string; href: string };
}

export interface Written {
  subject: string;
  text: string;
  /** A whole document, which loads nothing. */
  html: string;
}

export interface MailTexts {
  i18n: I18n;
  /** What the institution calls itself. */
  name: LocalizedText;
  support: { url?: string | undefined; email?: string | undefined; phone?: string | undefined };
  /** The institution's own. */
  colours?: Colours;
}

export type MailWriter = (draft: Draft, locale: string) => Written;

/** On one line of its own: it mustn't look like a part of the letter. */
export const ownLine = (text: string): string => text.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ').slice(0, LONGEST);

/** Fonts are named where they are used: mail programs have none of ours. Han characters fill their squares. */
function typeOf(locale: string): { font: string; leading: string } {
  const sans = "-apple-system,'Segoe UI',Roboto,'Noto Sans'";
  if (locale === 'zh-Hant') {
    return { font: `${sans},'PingFang TC','Microsoft JhengHei','Noto Sans TC',sans-serif`, leading: '1.7' };
  }
  if (locale === 'zh-Hans') {
    return { font: `${sans},'PingFang SC','Microsoft YaHei','Noto Sans SC',sans-serif`, leading: '1.7' };
  }
  return { font: `${sans},sans-serif`, leading: '1.55' };
}

const capital = (text: string, locale: string): string => text.charAt(0).toLocaleUpperCase(locale) + text.slice(1);

/** Writes mails as plain text and as HTML, which say the same. */
export function createMailWriter({ i18n, name, support, colours = {} }: MailTexts): MailWriter {
  const { light, dark } = wornColours(colours);
  const eta = new Eta({ views: VIEWS, cache: true, autoEscape: true });
  const ways = [support.url, support.email, support.phone].filter((way) => way !== undefined).join(', ');

  return (draft, locale) => {
    const { what, paragraphs, facts = [], advice = [], action } = draft;
    const t = (key: string, values?: Record<string, string>) => i18n.t(locale, `mail.${key}`, values);
    const service = i18n.localized(locale, name);
    const subject = t('subject', { service, what });
    const greeting = t('hello', { name: ownLine(draft.name) });
    const foot = [...(ways === '' ? [] : [t('help', { help: ways })]), t('never')];
    const blocks = [
      greeting,
      ...paragraphs,
      facts.map(({ label, value }) => t('fact', { label, value })).join('\n'),
      ...advice,
      action === undefined ? '' : t('fact', { label: action.label, value: action.href }),
      ...foot,
      service,
    ];
    const html = eta.render('/mails/letter', {
      ...{ locale, dir: direction(locale), ...typeOf(locale), light, dark },
      ...{ subject, service, heading: capital(what, locale), greeting, paragraphs, facts, advice, action, foot },
    });
    return { subject, text: blocks.filter((block) => block !== '').join('\n\n'), html };
  };
}
