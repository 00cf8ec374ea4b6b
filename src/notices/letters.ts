import type { AuditEvent, AuditPort, LogPort } from '../core/door.ts';
import { SallyportError } from '../core/errors.ts';
import type { Sent } from '../core/sender.ts';
import type { DataRecord, DurableStore } from '../core/store.ts';
import { gravity, kindOf, type Notice, noticeOf } from './notices.ts';

/** How long whoever took a letter has for it, milliseconds: then another node may try. */
const LEASE = 120_000;
/** From the first failure to the second try, milliseconds; it doubles each time, up to the longest. */
const FIRST_WAIT = 30_000;
const LONGEST_WAIT = 2 * 3_600_000;
/** After this long a letter isn't tried any more, milliseconds. */
const PATIENCE = 86_400_000;
/** How often to look for what other nodes, or an earlier process, left, milliseconds. */
const LOOK = 60_000;
/** How long the end of the process waits for letters, milliseconds. */
const LAST_CHANCE = 5_000;
/** Between two letters of what strangers can cause, milliseconds. */
const APART = 86_400_000;
/** Rounds of compare-and-set before giving up. */
const ROUNDS = 10;
const PAGE = 100;
/** Handed to senders at the same time. */
const TOGETHER = 4;
/** Changes remembered in the process while the store can't take them. */
const MOST_MISSED = 1_000;

export interface Letter {
  account: string;
  to: string;
  /** BCP 47, as the person chose it. */
  locale?: string;
  notice: Notice;
  /** Epoch milliseconds: written, and not to be tried before. */
  written: number;
  due: number;
  tries: number;
  /** It was handed on, and stays until another may be, so that none is written before. */
  handed?: true;
}

export interface LettersDeps {
  now(): number;
  random(bytes: number): Uint8Array;
  durable: Pick<DurableStore, 'accounts' | 'records'>;
  log: LogPort;
  audit: Pick<AuditPort, 'note'>;
  /** Absent: nobody is told of anything. */
  mail?: {
    write(notice: Notice, locale: string | undefined): { subject: string; text: string };
    send(message: { channel: 'mail'; to: string; subject: string; text: string }, account: string): Promise<Sent>;
  };
}

/**
 * Tells people by mail what changed about how they sign in: driven by the audit, so that nothing that changes it can
 * forget to. A letter is durable until a sender took it; each is taken up by one node at a time.
 */
export function createLetters(deps: LettersDeps) {
  const { now, log, audit, mail } = deps;
  const records = deps.durable.records('letters');
  let running: Promise<void> | undefined;
  let again = false;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  const telling = new Set<Promise<void>>();
  const missed: { event: AuditEvent; at: number }[] = [];

  const newId = (at: number) =>
    `${at.toString(36).padStart(11, '0')}-${Buffer.from(deps.random(9)).toString('base64url')}`;

  async function write(event: AuditEvent, at: number): Promise<void> {
    const kind = kindOf(event);
    const account = kind && event.account ? await deps.durable.accounts.byId(event.account) : undefined;
    if (kind === undefined || account === undefined) return;
    const told = noticeOf(event, kind, account, at);
    if (told === undefined) return;
    for (const to of told.to) {
      const { id, locale } = account;
      const of = { account: id, to, ...(locale ? { locale } : {}) };
      const letter: Letter = { ...of, notice: told.notice, written: at, due: now(), tries: 0 };
      if (gravity(kind) >= 0) await space(letter);
      else await records.insert({ id: newId(at), data: JSON.stringify(letter) });
    }
    wake();
  }

  /** One of these waits for an account at most, and for the end of the day after the last one. */
  async function space(letter: Letter): Promise<void> {
    const id = `apart-${letter.account}`;
    for (let round = 0; round < ROUNDS; round += 1) {
      const record = await records.get(id);
      if (record === undefined) {
        if (await records.insert({ id, data: JSON.stringify(letter) })) return;
        continue;
      }
      const waiting = JSON.parse(record.data) as Letter;
      if (!waiting.handed && gravity(waiting.notice.kind) > gravity(letter.notice.kind)) return;
      const [due, tries] = [waiting.due, waiting.handed ? 0 : waiting.tries];
      const next: Letter = { ...letter, written: Math.max(letter.written, due), due, tries };
      if (await records.update(id, record.version, JSON.stringify(next))) return;
    }
    throw new SallyportError('ERR_VERSION_CONFLICT', 'others keep changing this letter');
  }

  /** What has happened stands: that its owner couldn't be told yet must not look as if it had failed. */
  async function tell(event: AuditEvent, at = now()): Promise<void> {
    try {
      await write(event, at);
    } catch (error) {
      log.error({ err: error, event: event.event, account: event.account }, 'a notice could not be kept yet');
      if (missed.length < MOST_MISSED) missed.push({ event, at });
    }
  }

  async function hand(letter: Letter): Promise<boolean> {
    if (mail === undefined) return false;
    const { subject, text } = mail.write(letter.notice, letter.locale);
    const sent = await mail.send({ channel: 'mail', to: letter.to, subject, text }, letter.account);
    // It may have been taken: a second copy would alarm people for nothing.
    return sent.ok || sent.unsure === true;
  }

  function unwritten(error: unknown): false {
    log.error({ err: error }, 'a notice could not be written');
    return false;
  }

  async function handed({ id, version }: DataRecord, letter: Letter): Promise<void> {
    if (gravity(letter.notice.kind) < 0) return void (await records.remove(id));
    const kept: Letter = { ...letter, handed: true, due: now() + APART };
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
    const { account, notice } = letter;
    audit.note({ event: 'notice.undelivered', account, kind: notice.kind, tries });
  }

  async function attemptAll(some: readonly DataRecord[]): Promise<void> {
    const tried = await Promise.allSettled(some.map(attempt));
    const failed = tried.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }

  async function round(): Promise<void> {
    for (const { event, at } of missed.splice(0)) await tell(event, at);
    let after: string | undefined;
    for (;;) {
      const page = await records.list({ limit: PAGE, ...(after === undefined ? {} : { after }) });
      for (let at = 0; at < page.length && !closed; at += TOGETHER) await attemptAll(page.slice(at, at + TOGETHER));
      after = page.at(-1)?.id;
      if (page.length < PAGE || closed) return;
    }
  }

  /** Tries what is due. Never rejects: what fails stays for the next time. */
  function deliver(): Promise<void> {
    if (running) {
      again = true;
      return running;
    }
    running = (async () => {
      do {
        again = false;
        await round();
      } while (again && !closed);
    })()
      .catch((error: unknown) => log.warn({ err: error }, 'notices could not be handed on'))
      .finally(() => {
        running = undefined;
      });
    return running;
  }

  function wake(): void {
    if (!closed) void deliver();
  }

  return {
    /** Hears the audit: what owners are to be told is written down, of a committed event before the caller goes on. */
    async hear(event: AuditEvent, how: 'committed' | 'noted'): Promise<void> {
      if (mail === undefined) return;
      if (how === 'committed') return tell(event);
      const told = tell(event).finally(() => telling.delete(told));
      telling.add(told);
    },
    deliver,
    /** Takes up what earlier processes left, and goes on looking. */
    start(): void {
      if (mail === undefined) {
        log.info({}, 'no sender carries mail: nobody is told what changes in their account');
        return;
      }
      timer = setInterval(wake, LOOK).unref();
      wake();
    },
    /** Waits a moment for what is being sent; the rest stays for the next process. */
    async close(): Promise<void> {
      clearInterval(timer);
      const chance = Promise.withResolvers<void>();
      const last = setTimeout(chance.resolve, LAST_CHANCE);
      await Promise.race([Promise.all(telling).then(() => running), chance.promise]);
      clearTimeout(last);
      closed = true;
    },
  };
}

export type Letters = ReturnType<typeof createLetters>;
