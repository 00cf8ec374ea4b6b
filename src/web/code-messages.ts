import type { Said } from '../core/post.ts';
import type { I18n } from './i18n.ts';
import { createMailWriter, type MailTexts, ownLine, type Written } from './mails.ts';

export interface WrittenCode extends Written {
  /** As a text message: its last line binds the code to our host, so that phones fill it in nowhere else. */
  short: string;
}

export interface CodeTexts extends MailTexts {
  i18n: I18n;
  issuer: string;
}

const groups = (code: string): string => code.replace(/.{4}(?=.)/g, '$&-');

function valuesOf(said: Said): Record<string, string | number> {
  if (said.what === 'reset-elsewhere') return {};
  return { code: groups(said.code), minutes: said.minutes };
}

/** Writes what the gateway itself sends to whoever forgets a password, or prepares for that. Addresses are the configuration's. */
export function createCodeWriter({ i18n, issuer, ...texts }: CodeTexts) {
  const { hostname } = new URL(issuer);
  const write = createMailWriter({ i18n, ...texts });

  /** Where the letter's one button leads: it opens a page, and spends nothing. */
  function linkOf(said: Said): string {
    if (said.what === 'reset-code') return said.link;
    return said.what === 'reset-elsewhere' ? (said.where ?? `${issuer}/account`) : `${issuer}/account/contacts/code`;
  }

  return (said: Said, to: { name: string }, wanted: string | undefined): WrittenCode => {
    const locale = i18n.pick(wanted === undefined ? {} : { account: wanted });
    const key = said.what === 'reset-elsewhere' && said.where === undefined ? 'reset-unknown' : said.what;
    const service = ownLine(i18n.localized(locale, texts.name));
    const t = (part: string) => i18n.t(locale, `message.${key}.${part}`, { ...valuesOf(said), service });
    const isCode = 'code' in said;
    const letter = write(
      {
        what: t('title'),
        name: to.name,
        paragraphs: [t('text')],
        ...(isCode ? { facts: [{ label: i18n.t(locale, 'message.code'), value: groups(said.code) }] } : {}),
        advice: [t('advice')],
        action: { label: t('action'), href: linkOf(said) },
      },
      locale,
    );
    return { ...letter, short: isCode ? `${t('short')}\n\n@${hostname} #${groups(said.code)}` : '' };
  };
}
