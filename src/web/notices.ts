import type { LocalizedText } from '../core/account.ts';
import type { Notice } from '../notices/notices.ts';
import { agentOf } from './agents.ts';
import type { I18n } from './i18n.ts';

export interface NoticeTexts {
  i18n: I18n;
  /** What the institution calls itself. */
  name: LocalizedText;
  issuer: string;
  /** IANA zone of the times; the server's own by default. */
  timeZone?: string;
  support: { url?: string | undefined; email?: string | undefined; phone?: string | undefined };
}

/** Characters of what somebody else wrote. */
const LONGEST = 300;

/** On one line of its own: it mustn't look like a part of the letter. */
const line = (text: string): string => text.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ').slice(0, LONGEST);

/** Writes letters to the owners of accounts, in plain text. */
export function createNoticeWriter({ i18n, name, issuer, timeZone, support }: NoticeTexts) {
  function facts(notice: Notice, locale: string): string[] {
    const t = (key: string, values?: Record<string, string>) => i18n.t(locale, `notice.${key}`, values);
    const { browser, system } = agentOf(notice.userAgent ?? '');
    const device = browser && system ? i18n.t(locale, 'device.name', { browser, system }) : browser || system;
    const when = new Intl.DateTimeFormat(locale === 'en' ? 'en-GB' : locale, {
      ...{ dateStyle: 'full', timeStyle: 'full', hourCycle: 'h23', timeZone },
    }).format(notice.at);
    const about: [string, string | undefined][] = [
      ['when', when],
      ['method', notice.factor && i18n.text(locale, { key: 'method' }, notice.factor)],
      ['device', device && line(device)],
      ['address', notice.ip],
      ['by', notice.by === 'owner' ? undefined : t(`doer.${notice.by}`)],
      ['reason', notice.reason && line(notice.reason)],
    ];
    return about.flatMap(([key, value]) => (value ? [t(key, { value })] : []));
  }

  return function write(notice: Notice, wanted: string | undefined): { subject: string; text: string } {
    const locale = i18n.pick(wanted === undefined ? {} : { account: wanted });
    const t = (key: string, values?: Record<string, string>) => i18n.t(locale, `notice.${key}`, values);
    const service = i18n.localized(locale, name);
    const help = [support.url, support.email, support.phone].filter((way) => way !== undefined).join(', ');
    const paragraphs = [
      t('hello', { name: line(notice.name) }),
      t(`kind.${notice.kind}.text`),
      facts(notice, locale).join('\n'),
      t(`if-not.${notice.by === 'owner' ? 'you' : 'agreed'}`, { account: `${issuer}/account` }),
      ...(help === '' ? [] : [t('help', { help })]),
      t('never'),
      service,
    ];
    return { subject: t('subject', { service, what: t(`kind.${notice.kind}.title`) }), text: paragraphs.join('\n\n') };
  };
}
