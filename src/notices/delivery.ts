import type { AuditPort, LogPort } from '../core/door.ts';
import type { MailMessage, Sent } from '../core/sender.ts';
import type { DataRecord, DurableStore } from '../core/store.ts';
import { gravity, type Notice } from './notices.ts';
import { type Letter, lettersOf } from './spool.ts';

/** How long whoever took a letter has for it, milliseconds: then another node may try. */
const LEASE = 120_000;
/** From the first failure to the second try, milliseconds; it doubles each time, up to the longest. */
const FIRST_WAIT = 30_000;
const LONGEST_WAIT = 2 * 3_600_000;
/** After this long a letter isn't tried any more, milliseconds. */
const PATIENCE = 86_400_000;
/** Between two letters of what strangers can cause, milliseconds. */
const APART = 86_400_000;

export interface DeliveryDeps {
  now(): number;
  durable: Pick<DurableStore, 'records'>;
  log: LogPort;
  audit: Pick<AuditPort, 'note'>;
  /** Absent: nobody is told of anything. */
  mail?: {
    write(notice: Notice, locale: string | undefined): Pick<MailMessage, 'subject' | 'text' | 'html'>;
    send(message: MailMessage, account: string): Promise<Sent>;
  };
}

/** Of what was sent nothing is kept that somebody else has no need to read. */
const withoutWords = (letter: Letter): Letter =>
  'mail' in letter ? { ...letter, mail: { subject: '', text: '' } } : letter;

/** It stays for a day after it was sent, so that none is written in its place before. */
const isApart = (letter: Letter): boolean =>
  letter.once === true || 'mail' in letter || gravity(letter.notice.kind) >= 0;
const kindOf = (letter: Letter): string => ('mail' in letter ? letter.what : letter.notice.kind);

/** Hands one letter on to a sender, by a lease: of many nodes one tries it at a time, again and again for a day. */
export function createDelivery({ now, durable, log, audit, mail }: DeliveryDeps) {
  const records = lettersOf(durable);

  async function hand(letter: Letter): Promise<boolean> {
    if (mail === undefined) return false;
    const written = 'mail' in letter ? letter.mail : mail.write(letter.notice, letter.locale);
    const sent = await mail.send({ channel: 'mail', to: letter.to, ...written }, letter.account);
    // It may have been taken: a second copy would alarm people for nothing.
    return sent.ok || sent.unsure === true;
  }

  function unwritten(error: unknown): false {
    log.error({ err: error }, 'a notice could not be written');
    return false;
  }

  async function handed({ id, version }: DataRecord, letter: Letter): Promise<void> {
    if (!isApart(letter)) return void (await records.remove(id));
    const kept: Letter = { ...withoutWords(letter), handed: true, due: now() + APART };
    if (await records.update(id, version + 1, JSON.stringify(kept))) return;
    // A newer one was put in its place while this one was on its way: it waits for its day.
    const newer = await records.get(id);
    if (newer === undefined) return;
    const later = { ...(JSON.parse(newer.data) as Letter), due: kept.due };
    await records.update(id, newer.version, JSON.stringify(later));
  }

  async function attempt(record: DataRecord): Promise<void> {
    const letter = JSON.parse(record.data) as Letter;
    const tries = letter.tries + 1;
    if (letter.due > now()) return;
    // Nothing that was put in its place meanwhile goes with it.
    if (letter.handed) return void (await records.remove(record.id, record.version));
    const taken = { ...letter, tries, due: now() + LEASE };
    if (!(await records.update(record.id, record.version, JSON.stringify(taken)))) return;
    if (await hand(letter).catch(unwritten)) return void (await handed(record, taken));
    if (now() - letter.written < PATIENCE) {
      const due = now() + Math.min(FIRST_WAIT * 2 ** (tries - 1), LONGEST_WAIT);
      return void (await records.update(record.id, record.version + 1, JSON.stringify({ ...taken, due })));
    }
    await records.remove(record.id);
    const { account } = letter;
    audit.note({ event: 'notice.undelivered', account, kind: kindOf(letter), tries });
  }

  return { attempt };
}
