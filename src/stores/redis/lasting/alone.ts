import type { Commands } from '../redis-commands.ts';
import { isSteady, type Sight } from '../replication.ts';
import { createRound } from '../rounds.ts';
import type { Records, Standing } from './records.ts';
import type { Succession } from './succession.ts';

/** A write at a primary without a replica. */
export interface Lone {
  key: string;
  history: string;
  /** When what stood there before would have expired; below 0 where that isn't known. */
  before: number;
  /** Nothing is to be recorded: it only tries. */
  probe: boolean;
}

export interface Alone {
  /** Records how the key stands; false where that doesn't count, as a replica is there again. */
  record(on: Commands, lone: Lone): Promise<boolean>;
  /**
   * Whether what replicas confirmed counts: nothing recorded may stand beside it, or it would be carried over in its
   * place. `again` shows that they have all that was written up to now.
   */
  isWhole(sight: Sight, again: () => Promise<boolean>): Promise<boolean>;
  /** A write at the server that has the key, and of nothing. */
  touch(on: Commands, key: string): Promise<void>;
}

interface Needs {
  succession: Succession;
  records: Records;
  now(): number;
  slotOf(key: string): number;
  /** A key that lies with all of its slot. */
  markOf(slot: number): string;
  tell(detail: string): void;
}

/** What of one key is to be recorded, for all who wait for it. */
interface Due {
  before: number;
  waiting: number;
  round(): Promise<boolean>;
}

const TRIES = 5;
/** So long is recorded that nothing is there any more, where nobody knows how long a replica may say otherwise. */
const LONGEST = 31 * 86_400_000;
const SWEEP_EVERY = 600_000;

export function createAlone(needs: Needs): Alone {
  const { succession, records, now, slotOf, markOf, tell } = needs;
  /** How primaries stood, each before the register said that nothing recorded holds. */
  const whole = new Map<string, Sight>();
  const ending = new Map<string, Promise<boolean>>();
  const due = new Map<string, Due>();
  /** Primaries that somebody has been told of. */
  const told = new Set<string>();
  let swept = now();

  function sweep(): void {
    swept = now();
    // Whatever is in its way is in the way of others, who say so.
    records.sweep(succession.spells).catch(() => undefined);
  }

  async function begin(history: string, slot: number): Promise<string> {
    const spell = await succession.beginAlone(history, slot);
    if (!told.has(history))
      tell('a primary has no replica: ends and single-use marks are recorded in the durable store');
    told.add(history);
    if (now() - swept > SWEEP_EVERY) sweep();
    return spell;
  }

  /**
   * The register and the row are read before the key, and the register once more after all is written: so nobody
   * else has recorded a later state meanwhile, and whoever replaces this primary finds the row.
   */
  async function record(on: Commands, { key, history, before }: Omit<Lone, 'probe'>): Promise<boolean> {
    const slot = slotOf(key);
    for (let turn = 0; turn < TRIES; turn += 1) {
      const kept = await records.get(key);
      const spell = await begin(history, slot);
      const [isValue, found, expires = -1] = await on.standingAlone(key, history);
      if (isValue === 0) return succession.isAlone(history, slot, spell);
      const latest = Math.max(before, expires, kept?.standing.keep ?? 0);
      const keep = latest > 0 ? latest : now() + LONGEST;
      const standing = { key, history, spell, value: found ?? undefined, expires, keep };
      const stands = kept !== undefined && isSame(kept.standing, standing);
      if (stands || (await records.keep(standing, kept?.version))) return succession.isAlone(history, slot, spell);
    }
    return false;
  }

  return {
    async record(on, { probe, ...lone }) {
      if (probe) return (await begin(lone.history, slotOf(lone.key))) !== '';
      const name = `${lone.history} ${lone.key}`;
      const mine: Due = due.get(name) ?? {
        before: lone.before,
        waiting: 0,
        round: createRound((): Promise<boolean> => record(on, { ...lone, before: mine.before })),
      };
      due.set(name, mine);
      mine.before = Math.max(mine.before, lone.before);
      mine.waiting += 1;
      try {
        return await mine.round();
      } finally {
        mine.waiting -= 1;
        if (mine.waiting === 0) due.delete(name);
      }
    },
    async isWhole(sight, again) {
      const { history } = sight;
      const before = whole.get(history);
      if (before && isSteady(before, sight)) return true;
      whole.delete(history);
      if ((await succession.of(history)).alone === 'no') {
        whole.set(history, sight);
        return true;
      }
      const end = ending.get(history) ?? succession.endAlone(history, again).finally(() => ending.delete(history));
      ending.set(history, end);
      if (!(await end)) return false;
      if (told.delete(history)) tell('replicas confirm ends and single-use marks again');
      sweep();
      return true;
    },
    async touch(on, key) {
      await on.set(`${markOf(slotOf(key))}:touched`, '', 'PX', 1);
    },
  };
}

function isSame(one: Standing, other: Standing): boolean {
  return (
    one.history === other.history &&
    one.spell === other.spell &&
    one.value === other.value &&
    one.expires === other.expires &&
    one.keep >= other.keep
  );
}
