import { setImmediate } from 'node:timers/promises';
import { type Account, isUsable } from '../../core/account.ts';
import { hasCode } from '../../core/errors.ts';
import type { AccountsNeeds } from '../needs.ts';
import { expiryAt } from './expiry.ts';
import type { PasswordStanding, PasswordStates } from './state.ts';

/** Accounts that are read at once. */
const PAGE = 500;

/** As kept, by account: which end was told of, and how long before it the last time, milliseconds; 0: that it is past. */
interface Told {
  expires: number;
  before: number;
}

/** The last of the times before the end at which somebody is written to that has come; undefined: none has. */
export function pointAt(standing: Pick<PasswordStanding, 'expires' | 'profile'>, now: number): number | undefined {
  const { expires, profile } = standing;
  const { stage } = expiryAt(standing, now) ?? {};
  if (expires === undefined || stage === undefined) return undefined;
  if (now >= expires) return 0;
  return profile.expiry?.mails.findLast((before) => now >= expires - before);
}

type MailingNeeds = Pick<AccountsNeeds, 'now' | 'durable' | 'directories' | 'audit' | 'log'>;

/** Writes to everybody whose password expires soon, or has: each time that is set once, whoever asks how often. */
export function createPasswordMailing(
  { now, durable, directories, audit, log }: MailingNeeds,
  { passwordStates }: { passwordStates: Pick<PasswordStates, 'profileOf' | 'standing'> },
) {
  const records = durable.records('password-mails');

  /** The audit tells, and letters hear it: what was told is kept after that, so that it isn't lost in between. */
  async function tell(account: Account, expires: number, before: number): Promise<void> {
    const record = await records.get(account.id);
    const told = record && (JSON.parse(record.data) as Told);
    if (told?.expires === expires && told.before <= before) return;
    const event = before === 0 ? 'password.expired' : 'password.reminded';
    await audit.commit({ event, account: account.id, expires });
    const data = JSON.stringify({ expires, before } satisfies Told);
    if (record === undefined) await records.insert({ id: account.id, data });
    else await records.update(account.id, record.version, data);
  }

  async function look(kept: Account): Promise<void> {
    const person = await directories.get(kept.directory)?.byKey(kept.directoryKey);
    if (person === undefined || !isUsable(person.status)) return;
    const { groups: _, ...rest } = kept;
    const account: Account = { ...rest, ...(person.groups ? { groups: person.groups } : {}) };
    if (passwordStates.profileOf(account).expiry === undefined) return;
    const standing = await passwordStates.standing(account, person);
    const before = pointAt(standing, now());
    if (before !== undefined && standing.expires !== undefined) await tell(account, standing.expires, before);
  }

  /**
   * Looks at everybody. `still`: whether it is still this process's to do, asked between pages.
   *
   * @throws what a directory threw that can't be asked; people of others were looked at
   */
  return async function mail(still: () => Promise<boolean>): Promise<void> {
    const away = new Map<string, unknown>();
    let after: string | undefined;
    while (await still()) {
      const page = await durable.accounts.list({ limit: PAGE, ...(after === undefined ? {} : { after }) });
      for (const account of page.filter(({ directory }) => !away.has(directory))) {
        try {
          await look(account);
        } catch (error) {
          if (!hasCode(error, 'ERR_DIRECTORY_UNAVAILABLE')) throw error;
          log.warn({ directory: account.directory }, 'people of a directory could not be reminded of their passwords');
          away.set(account.directory, error);
        }
      }
      after = page.at(-1)?.id;
      if (page.length < PAGE) break;
      await setImmediate();
    }
    for (const error of away.values()) throw error;
  };
}
