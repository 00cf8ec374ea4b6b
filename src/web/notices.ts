import { adviceOf, type Notice } from '../notices/notices.ts';
import { agentOf } from './agents.ts';
import type { WebDeps } from './context.ts';
import { createMailWriter, type MailTexts, ownLine, type Written } from './mails.ts';

export interface NoticeTexts extends MailTexts {
  issuer: string;
  /** IANA zone of the times; the server's own by default. */
  timeZone?: string;
  /** Where on earth an address may be. */
  locate: WebDeps['locate'];
}

/** Writes letters to the owners of accounts. */
export function createNoticeWriter({ i18n, issuer, timeZone, locate, ...texts }: NoticeTexts) {
  const write = createMailWriter({ i18n, ...texts });

  function placeOf(ip: string | undefined, locale: string): string | undefined {
    const found = ip === undefined ? undefined : locate(ip, locale);
    if (found === undefined) return undefined;
    const { city, country } = found;
    return i18n.t(locale, city === undefined ? 'place.country' : 'place.city', { country, ...(city ? { city } : {}) });
  }

  function facts(notice: Notice, locale: string): { label: string; value: string }[] {
    const t = (key: string) => i18n.t(locale, `notice.${key}`);
    const { browser, system } = agentOf(notice.userAgent ?? '');
    const device = browser && system ? i18n.t(locale, 'device.name', { browser, system }) : browser || system;
    const time = new Intl.DateTimeFormat(locale === 'en' ? 'en-GB' : locale, {
      ...{ dateStyle: 'full', timeStyle: 'full', hourCycle: 'h23', timeZone },
    });
    const about: [string, string | undefined][] = [
      ['when', time.format(notice.at)],
      ['until', notice.until === undefined ? undefined : time.format(notice.until)],
      ['expires', notice.expires === undefined ? undefined : time.format(notice.expires)],
      [
        notice.kind.startsWith('move-') ? 'move' : 'ends',
        notice.ends === undefined ? undefined : time.format(notice.ends),
      ],
      ['method', notice.factor && i18n.text(locale, { key: 'method' }, notice.factor)],
      ['device', device && ownLine(device)],
      ['place', placeOf(notice.ip, locale)],
      ['address', notice.ip],
      ['by', notice.by === 'owner' ? undefined : t(`doer.${notice.by}`)],
      ['reason', notice.reason && ownLine(notice.reason)],
    ];
    return about.flatMap(([key, value]) => (value ? [{ label: t(`fact.${key}`), value }] : []));
  }

  return (notice: Notice, wanted: string | undefined): Written => {
    const locale = i18n.pick(wanted === undefined ? {} : { account: wanted });
    const t = (key: string) => i18n.t(locale, `notice.${key}`);
    return write(
      {
        what: t(`kind.${notice.kind}.title`),
        name: notice.name,
        paragraphs: [t(`kind.${notice.kind}.text`), ...(notice.last ? [t('last')] : [])],
        facts: facts(notice, locale),
        advice: t(`advice.${adviceOf(notice)}`).split('\n\n'),
        action: { label: t('action'), href: `${issuer}/account` },
      },
      locale,
    );
  };
}
