import type { AuditPort, LogPort } from '../core/door.ts';
import type { EphemeralStore } from '../core/store.ts';
import { type Kind, shareOf } from './notices.ts';

const DAY = 86_400_000;

export interface CapDeps {
  now(): number;
  /** Where letters of a day are counted. */
  ephemeral: Pick<EphemeralStore, 'attempt' | 'add'>;
  log: LogPort;
  audit: Pick<AuditPort, 'note'>;
}

/** Whether one more may go out, and whether it is the last of its day. */
export interface Room {
  allowed: boolean;
  last: boolean;
}

/**
 * How many letters an account gets in a day: whoever is in it could bury the one that matters under any number of
 * others. So each kind has a share of its own, and the last one says that it is.
 */
export function createCap({ now, ephemeral, log, audit }: CapDeps) {
  async function count(account: string, kind: Kind): Promise<Room> {
    const { of, most } = shareOf(kind);
    // The day is part of the key: what refills little by little would never refill while it is used.
    const key = `letters:{${account}}:${of}:${Math.floor(now() / DAY)}`;
    const { allowed, count } = await ephemeral.attempt(key, most, DAY);
    if (!allowed && (await ephemeral.add(`${key}:told`, '1', DAY))) {
      audit.note({ event: 'notice.capped', account, kind });
    }
    return { allowed, last: count === most };
  }

  /** A letter too many is better than none: where it can't be counted it goes out. */
  return async (account: string, kind: Kind): Promise<Room> => {
    try {
      return await count(account, kind);
    } catch (error) {
      log.warn({ err: error, account }, 'a notice could not be counted');
      return { allowed: true, last: false };
    }
  };
}
