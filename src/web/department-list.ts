import type { MailMessage } from '../core/sender.ts';
import type { Aged } from '../statistics/index.ts';
import { BYTE_ORDER_MARK, lineOf } from './csv.ts';
import { createMailWriter, type MailTexts, ownLine } from './mails.ts';

export interface ListTexts extends MailTexts {
  issuer: string;
  /** IANA zone of the days; the server's own by default. */
  timeZone?: string;
}

/** A department's list of one month, for somebody who heads it. */
export interface DepartmentList {
  department: string;
  /** Of the file's name: `2026-12`. */
  month: string;
  people: readonly Aged[];
  /** The head's name, and the language that they chose. */
  name: string;
  locale?: string | undefined;
}

/** Writes to heads of departments whose colleagues' passwords are older than they may be. */
export function createListWriter({ i18n, issuer, timeZone, ...texts }: ListTexts) {
  const write = createMailWriter({ i18n, ...texts });
  const parts = new Intl.DateTimeFormat('en-CA', { dateStyle: 'short', timeZone });
  /** As spreadsheets read it anywhere: `2026-12-01`. */
  const dayOf = (at: number) => parts.format(at);

  return ({ department, month, people, name, locale: wanted }: DepartmentList): Omit<MailMessage, 'channel' | 'to'> => {
    const locale = i18n.pick(wanted === undefined ? {} : { account: wanted });
    const t = (key: string, values?: Record<string, string | number>) => i18n.t(locale, `department.${key}`, values);
    const since = (at: number | undefined) => (at === undefined ? t('unknown') : dayOf(at));
    const count = people.length;
    const mail = write(
      {
        what: t('title'),
        name,
        paragraphs: count === 0 ? [t('nobody')] : [t('text', { count }), t('file')],
        facts: [
          { label: t('fact.department'), value: ownLine(department) },
          { label: t('fact.people'), value: String(count) },
        ],
        advice: count === 0 ? [] : [t('advice', { account: `${issuer}/account/password` })],
      },
      locale,
    );
    if (count === 0) return mail;
    const header = ['user_name', 'name', 'email', 'password_since', 'expired'].map((column) => t(`column.${column}`));
    const rows = people.map(({ account, changedAt, expires }) =>
      lineOf([account.username, account.name, account.email, since(changedAt), expires && dayOf(expires)]),
    );
    const content = BYTE_ORDER_MARK + lineOf(header) + rows.join('');
    return { ...mail, attachments: [{ name: `passwords-${month}.csv`, type: 'text/csv; charset=utf-8', content }] };
  };
}
