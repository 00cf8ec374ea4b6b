import { randomUUID } from 'node:crypto';
import { SallyportError } from '../../../core/errors.ts';
import type { Lasting } from '../../../core/store.ts';
import {
  changed,
  claim,
  has,
  NOBODY,
  type Primary,
  type Register,
  register,
  replaced,
  type Served,
  servedBy,
} from './register.ts';

/** Several nodes write at the same moment, a few times in all. */
const TRIES = 20;

/** The register of primaries in the durable store, changed by compare-and-set. */
export interface Succession {
  /** Enters a primary; from then on nothing is recorded any more at the one before it. Answers the entry. */
  claim(primary: Primary): Promise<Served>;
  /** All that was recorded before has been carried over to it. */
  restored(history: string): Promise<void>;
  of(history: string): Promise<Served>;
  /** Says that the primary is without a replica, and answers the spell that records belong to. */
  beginAlone(history: string, slot: number): Promise<string>;
  /** Whether what has been recorded for that spell holds: nobody replaced the primary, and no replica took over. */
  isAlone(history: string, slot: number, spell: string): Promise<boolean>;
  /**
   * A replica is there again. `confirm` shows that it has all that was written; then what was recorded holds no more.
   * False where it didn't confirm.
   */
  endAlone(history: string, confirm: () => Promise<boolean>): Promise<boolean>;
  /** Spells whose records hold. */
  spells(): Promise<ReadonlySet<string>>;
}

export function createSuccession({ state }: Pick<Lasting, 'state'>, group: string): Succession {
  async function read(): Promise<{ now: Register; version: number }> {
    const kept = await state.get(group);
    return kept ? { now: register.parse(JSON.parse(kept.value)), version: kept.version } : { now: NOBODY, version: 0 };
  }

  async function change(work: (now: Register) => Register): Promise<Register> {
    for (let turn = 0; turn < TRIES; turn += 1) {
      const { now, version } = await read();
      const next = work(now);
      if (next === now || (await state.set(group, JSON.stringify(next), version))) return next;
    }
    throw new SallyportError('ERR_STORE_UNAVAILABLE', 'Redis: its primaries change too fast to be entered');
  }

  /** @throws SallyportError ERR_STORE_UNAVAILABLE where another has taken its place */
  function entryOf(now: Register, history: string): Served {
    const entry = servedBy(now, history);
    if (entry === undefined) throw replaced();
    return entry;
  }

  return {
    claim: async (primary) => entryOf(await change((now) => claim(now, primary)), primary.history),
    async restored(history) {
      await change((now) => (entryOf(now, history).restored ? now : changed(now, history, { restored: true })));
    },
    of: async (history) => entryOf((await read()).now, history),
    async beginAlone(history, slot) {
      const next = await change((now) => {
        const entry = entryOf(now, history);
        if (!has(entry, slot)) throw replaced();
        const { alone, spells } = entry;
        if (alone === 'yes') return now;
        return changed(now, history, { alone: 'yes', spells: spells.length > 0 ? spells : [randomUUID()] });
      });
      return entryOf(next, history).spells.at(-1) ?? '';
    },
    async isAlone(history, slot, spell) {
      const entry = servedBy((await read()).now, history);
      return entry !== undefined && entry.alone === 'yes' && has(entry, slot) && entry.spells.at(-1) === spell;
    },
    async endAlone(history, confirm) {
      // First nothing more is recorded, then all that was recorded is confirmed.
      const ending = await change((now) =>
        entryOf(now, history).alone === 'yes' ? changed(now, history, { alone: 'ending', end: randomUUID() }) : now,
      );
      const { alone, end } = entryOf(ending, history);
      if (alone === 'no') return true;
      if (!(await confirm())) return false;
      const ended = await change((now) => {
        const entry = entryOf(now, history);
        const mine = entry.alone === 'ending' && entry.end === end;
        return mine ? changed(now, history, { alone: 'no', spells: [] }) : now;
      });
      return entryOf(ended, history).alone === 'no';
    },
    spells: async () => new Set((await read()).now.served.flatMap((it) => it.spells)),
  };
}
