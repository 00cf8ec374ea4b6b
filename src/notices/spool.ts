import type { AuditEvent } from '../core/door.ts';
import { SallyportError } from '../core/errors.ts';
import type { MailMessage } from '../core/sender.ts';
import type { DurableStore } from '../core/store.ts';
import { type AddressesOf, directoryAddress } from './addresses.ts';
import { type CapDeps, createCap, type Room } from './cap.ts';
import { gravity, kindOf, type Notice, noticeOf, onceOf } from './notices.ts';

/** Rounds of compare-and-set before giving up. */
const ROUNDS = 10;

/** These have a measure of their own. */
const APART: Room = { allowed: true, last: false };

export type Letter = NoticeLetter | ReadyLetter;

/** Put into words when it is sent. */
export interface NoticeLetter extends Envelope {
  /** BCP 47, as the person chose it. */
  locale?: string;
  notice: Notice;
}

/** In words already. */
export interface ReadyLetter extends Envelope {
  /** What it is, for the audit. */
  what: string;
  mail: Omit<MailMessage, 'channel' | 'to'>;
}

interface Envelope {
  account: string;
  to: string;
  /** Epoch milliseconds: written, and not to be tried before. */
  written: number;
  due: number;
  tries: number;
  /** It is written once by its id, for as long as it waits and a day after that. */
  once?: true;
  /** It was handed on, and stays until another may be, so that none is written before. */
  handed?: true;
}

export interface SpoolDeps extends CapDeps {
  random(bytes: number): Uint8Array;
  durable: Pick<DurableStore, 'accounts' | 'records'>;
  /** Absent: the one that the directory has. */
  addressesOf?: AddressesOf;
}

/** Where a letter is kept until it is delivered. */
export const lettersOf = (durable: Pick<DurableStore, 'records'>) => durable.records('letters');

/** Writes down what owners are to be told, by the audit's events: from then on it is durable. */
export function createSpool(deps: SpoolDeps) {
  const records = lettersOf(deps.durable);
  const room = createCap(deps);
  const addressesOf = deps.addressesOf ?? directoryAddress;

  const newId = (at: number) =>
    `${at.toString(36).padStart(11, '0')}-${Buffer.from(deps.random(9)).toString('base64url')}`;

  /** At the time that it happened; false where nobody is to be told. */
  async function put(event: AuditEvent, at: number): Promise<boolean> {
    const kind = kindOf(event);
    const account = kind && event.account ? await deps.durable.accounts.byId(event.account) : undefined;
    if (kind === undefined || account === undefined) return false;
    const told = noticeOf(event, kind, { account, addresses: await addressesOf(account, kind), at });
    if (told === undefined) return false;
    const spaced = gravity(kind) >= 0;
    const once = onceOf(kind, event);
    const { allowed, last } = spaced ? APART : await room(account.id, kind);
    if (!allowed) return false;
    const notice: Notice = { ...told.notice, ...(last ? { last } : {}) };
    // What strangers can cause goes to one mailbox: each more would be one more letter that they send.
    for (const to of spaced ? told.to.slice(0, 1) : told.to) {
      const { id, locale } = account;
      const of = { account: id, to, ...(locale ? { locale } : {}) };
      const kept = once === undefined ? {} : { once: true as const };
      const letter: NoticeLetter = { ...of, ...kept, notice, written: at, due: deps.now(), tries: 0 };
      const letterId = once === undefined ? newId(at) : `once-${once} ${to}`;
      if (spaced) await space(letter);
      else await records.insert({ id: letterId, data: JSON.stringify(letter) });
    }
    return true;
  }

  /** One of these waits for an account at most, and for the end of the day after the last one. */
  async function space(letter: NoticeLetter): Promise<void> {
    const id = `apart-${letter.account}`;
    for (let round = 0; round < ROUNDS; round += 1) {
      const record = await records.get(id);
      if (record === undefined) {
        if (await records.insert({ id, data: JSON.stringify(letter) })) return;
        continue;
      }
      const waiting = JSON.parse(record.data) as NoticeLetter;
      if (!waiting.handed && gravity(waiting.notice.kind) > gravity(letter.notice.kind)) return;
      const [due, tries] = [waiting.due, waiting.handed ? 0 : waiting.tries];
      const next: NoticeLetter = { ...letter, written: Math.max(letter.written, due), due, tries };
      if (await records.update(id, record.version, JSON.stringify(next))) return;
    }
    throw new SallyportError('ERR_VERSION_CONFLICT', 'others keep changing this letter');
  }

  /** Once by this id, for as long as it waits and a day after that: whoever isn't sure asks again. */
  async function post(id: string, letter: Pick<ReadyLetter, 'account' | 'to' | 'what' | 'mail'>): Promise<void> {
    const at = deps.now();
    const kept: ReadyLetter = { ...letter, once: true, written: at, due: at, tries: 0 };
    await records.insert({ id: `once-${id}`, data: JSON.stringify(kept) });
  }

  return { put, post };
}
