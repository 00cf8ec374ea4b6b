import { SallyportError } from '../../../core/errors.ts';
import type { Commands } from '../redis-commands.ts';
import type { Records } from './records.ts';
import { has, numbersOf, type Primary, replaced, type Served } from './register.ts';
import { otherHistory } from './scripts.ts';
import type { Succession } from './succession.ts';

/** Runs what names the history of data that is expected at the key's primary. */
export type Fence = <T>(key: string, run: (history: string) => Promise<T>) => Promise<T>;

interface Needs {
  succession: Succession;
  records: Records;
  commands: Commands;
  slotOf(key: string): number;
  markOf(slot: number): string;
  /** The primary that has the key, where it has that history. */
  primaryOf(key: string, history: string): Promise<Primary>;
}

/** A primary fails, and the next one while this one is entered. */
const TRIES = 3;
const UNKNOWN = '-';
/** Longer than anybody is under way who read the records of a primary before; milliseconds. */
const MARKED = 7 * 86_400_000;
const AT_ONCE = 500;

/**
 * Answers come from primaries alone that this node knows: entered in the durable store, and with all that was recorded
 * at the one before. Any other refuses (`scripts.ts`), is made known, and is asked again.
 */
export function createFence(needs: Needs): Fence {
  const { succession, slotOf, primaryOf } = needs;
  const expected = new Map<number, string>();
  const entering = new Map<string, Promise<Served>>();

  async function enter(primary: Primary): Promise<Served> {
    const entry = await succession.claim(primary);
    if (!entry.restored) await carryOver(needs, entry);
    for (const slot of numbersOf(entry.slots)) expected.set(slot, entry.history);
    return entry;
  }

  async function makeKnown(key: string, history: string): Promise<void> {
    const primary = await primaryOf(key, history);
    const name = `${history} ${primary.epoch} ${primary.slots.length}`;
    const entered = entering.get(name) ?? enter(primary).finally(() => entering.delete(name));
    entering.set(name, entered);
    if (!has(await entered, slotOf(key))) throw replaced();
  }

  return async (key, run) => {
    for (let turn = 0; turn < TRIES; turn += 1) {
      try {
        return await run(expected.get(slotOf(key)) ?? UNKNOWN);
      } catch (error) {
        const other = otherHistory(error);
        if (other === undefined) throw error;
        await makeKnown(key, other);
      }
    }
    throw new SallyportError('ERR_STORE_UNAVAILABLE', 'Redis: its primaries change too fast');
  };
}

/**
 * Brings the keys that were ended or marked at the primary before to where they stood. Several nodes do it at once; who
 * comes late finds the slot marked, and changes nothing that has been used since.
 */
async function carryOver({ succession, records, commands, slotOf, markOf }: Needs, entry: Served): Promise<void> {
  const { history, spells } = entry;
  for await (const page of records.pages()) {
    const carried = page.filter(({ standing }) => {
      const isEarlier = standing.history !== history && spells.includes(standing.spell);
      return isEarlier && has(entry, slotOf(standing.key));
    });
    await Promise.all(
      carried.map(({ standing: { key, value, expires } }) => {
        const more = value === undefined ? [] : ([value] as const);
        return commands.carryOver(key, markOf(slotOf(key)), history, expires, ...more);
      }),
    );
  }
  const slots = [...numbersOf(entry.slots)];
  for (let at = 0; at < slots.length; at += AT_ONCE) {
    const some = slots.slice(at, at + AT_ONCE);
    await Promise.all(some.map((slot) => commands.carriedOver(markOf(slot), history, MARKED)));
  }
  await succession.restored(history);
}
