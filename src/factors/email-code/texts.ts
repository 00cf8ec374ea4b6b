import { byScript } from '../../core/naming.ts';
import en from './locales/en.json' with { type: 'json' };
import hans from './locales/zh-Hans.json' with { type: 'json' };
import hant from './locales/zh-Hant.json' with { type: 'json' };

interface Texts {
  mail: { subject: string; text: string };
}

const SCRIPTS: Readonly<Record<string, Texts>> = { Hant: hant, Hans: hans };

export interface Said {
  service: string;
  host: string;
  code: string;
  minutes: number;
}

/** The mail. The code stands in its text alone: subjects are shown on locked screens and kept in logs of relays. */
export function mailOf(locale: string | undefined, said: Said): { subject: string; text: string } {
  const values: Readonly<Record<string, string>> = { ...said, minutes: String(said.minutes) };
  const fill = (text: string) =>
    text.replaceAll(
      /\{\{(\w+)\}\}/g,
      (whole, name: string) => (Object.hasOwn(values, name) ? values[name] : whole) ?? '',
    );
  const { subject, text } = byScript<Texts>(SCRIPTS, locale, en).mail;
  return { subject: fill(subject), text: fill(text) };
}

/** `a•••@university.example`: its owner knows it; how long the name is, nobody learns. */
export function masked(mailbox: string): string {
  const at = mailbox.lastIndexOf('@');
  const [first = ''] = mailbox;
  return `${first}•••${mailbox.slice(at)}`;
}
