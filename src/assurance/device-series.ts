import type { Proof } from '../core/assurance.ts';
import { DEVICE } from '../core/keys.ts';
import type { Secrets } from './device-secrets.ts';
import type { AssuranceNeeds } from './needs.ts';

/** What one account proved on one browser. Times are epoch milliseconds. */
export interface Remembered {
  proofs: Proof[];
  at: number;
  expires: number;
  usedAt?: number;
  /** Address that it was remembered from, or used from last. */
  ip?: string;
}

/**
 * One account on one browser: its record, and the secrets of its cookie. A record never moves to another series, and
 * none is added to one: who holds a copy of its cookie would share it. Series made before may hold several accounts.
 */
export interface Series {
  accounts: Record<string, Remembered>;
  secrets: Secrets;
  userAgent: string;
}

/** One as it was read, and as it was kept. */
export interface StoredSeries {
  text: string;
  series: Series;
}

const seriesKey = (id: string): string => `${DEVICE}:${id}`;
const indexKey = (account: string): string => `devices-of:{${account}}`;

/** Where series are kept, under hashes, until the last of their records has expired; and which an account has. */
export function createSeries({ ephemeral, now }: Pick<AssuranceNeeds, 'ephemeral' | 'now'>) {
  async function stored(id: string): Promise<StoredSeries | undefined> {
    const text = await ephemeral.get(seriesKey(id));
    return text === undefined ? undefined : { text, series: JSON.parse(text) as Series };
  }

  const lifeOf = (series: Series): number =>
    Math.max(...Object.values(series.accounts).map(({ expires }) => expires), 0) - now();

  const index = async (account: string, id: string, life: number): Promise<void> => {
    await ephemeral.addMember(indexKey(account), id, life);
  };
  const unindex = async (account: string, id: string): Promise<void> => {
    await ephemeral.removeMember(indexKey(account), id);
  };

  /**
   * Changes a series by compare-and-set, on top of `read` first where it was read a moment ago; `change` answers another
   * one, or undefined to leave it, and may run again.
   */
  async function update(
    id: string,
    change: (series: Series) => Series | undefined,
    read?: StoredSeries,
  ): Promise<Series | undefined> {
    for (let known = read; ; known = undefined) {
      const found = known ?? (await stored(id));
      if (found === undefined) return undefined;
      const next = change(found.series);
      if (next === undefined) return found.series;
      const left = lifeOf(next);
      if (left <= 0) {
        await ephemeral.delete(seriesKey(id));
        return undefined;
      }
      if (await ephemeral.swap(seriesKey(id), found.text, JSON.stringify(next), left)) return next;
    }
  }

  /** Ends a series; of any number of callers one gets the records of its accounts that hold still. */
  async function end(id: string): Promise<Record<string, Remembered>> {
    const text = await ephemeral.take(seriesKey(id));
    const accounts = text === undefined ? {} : (JSON.parse(text) as Series).accounts;
    for (const account of Object.keys(accounts)) await unindex(account, id);
    return Object.fromEntries(Object.entries(accounts).filter(([, { expires }]) => expires > now()));
  }

  return {
    stored,
    read: async (id: string): Promise<Series | undefined> => (await stored(id))?.series,
    update,
    end,
    /** How long it is still of use, milliseconds. */
    lifeOf,
    holds: (record: Remembered | undefined): record is Remembered => record !== undefined && record.expires > now(),
    /** A new one of this account; answers its life. */
    async add(id: string, account: string, made: Series): Promise<number> {
      const life = lifeOf(made);
      await ephemeral.set(seriesKey(id), JSON.stringify(made), life);
      await index(account, id, life);
      return life;
    },
    /** Ids of those that the account has, or had. */
    idsOf: (account: string): Promise<string[]> => ephemeral.members(indexKey(account)),
    index,
    unindex,
  };
}

export type SeriesStore = ReturnType<typeof createSeries>;
