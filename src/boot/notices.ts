import type { LettersDeps } from '../notices/letters.ts';
import { createNoticeWriter, type I18n } from '../web/index.ts';
import type { Config } from './config.ts';
import type { Modules } from './modules.ts';
import type { Senders } from './senders.ts';

/** How letters to people are written and sent; nothing where no configured sender carries mail. */
export function postOffice(
  { senders: configured, name, issuer, timeZone, support }: Config,
  modules: Modules,
  i18n: I18n,
  senders: Pick<Senders, 'send'>,
): Pick<LettersDeps, 'mail'> {
  if (![...configured.keys()].some((id) => modules.senders.get(id)?.carries.includes('mail'))) return {};
  const write = createNoticeWriter({ i18n, name, issuer, support, ...(timeZone ? { timeZone } : {}) });
  return { mail: { write, send: (message, account) => senders.send(message, { account }) } };
}
