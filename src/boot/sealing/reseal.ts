import { setImmediate } from 'node:timers/promises';
import { type KeyedSealer, mapSealed, sealedIn } from '../../core/seal.ts';
import { type DurableStore, SEALED_TABLES, type SealedRow } from '../../core/store.ts';
import { nameOf } from './guard.ts';
import type { Lying, Places } from './places.ts';

/** Rows of one transaction: a few milliseconds, between which sign-ins go on. */
const PAGE = 100;

export interface ResealDeps {
  durable: Pick<DurableStore, 'sealed'>;
  sealer: KeyedSealer;
  places: Places;
}

/** What lies in one place, and how it stands. */
export interface Tally {
  what: string;
  values: number;
  /** Sealed by another key than the current one, or in the earlier format, and still to be opened. */
  outdated: number;
  /** None of the configured keys opens them: why, for each. */
  unopened: string[];
  /** The same, where it is fetched again by itself. */
  replaceable: number;
}

/**
 * Seals anew, under the current key, whatever another one sealed. It may run beside gateways that serve, be cut off
 * at any moment, and run again: each value is replaced only where it is still the one that was opened.
 *
 * @returns how many rows were sealed anew, by what they are
 */
export async function reseal({ durable, sealer, places }: ResealDeps): Promise<Map<string, number>> {
  const done = new Map<string, number>();
  for await (const page of pages(durable)) {
    const changes: { row: SealedRow; sealed: string }[] = [];
    for (const row of page) {
      const lying = places.lyingAt(row);
      if (lying === undefined) continue;
      const sealed = mapSealed(row.value, (value) => {
        const plain = sealer.isCurrent(value) ? undefined : opened(sealer, value, lying.context);
        return plain?.text === undefined ? value : sealer.seal(plain.text, lying.context);
      });
      if (sealed === row.value) continue;
      changes.push({ row, sealed });
      done.set(lying.what, (done.get(lying.what) ?? 0) + 1);
    }
    if (changes.length > 0) await durable.sealed.replace(changes);
  }
  return done;
}

/** How all sealed values stand, by what they are; changes nothing. */
export async function survey({ durable, sealer, places }: ResealDeps): Promise<Tally[]> {
  const tallies = new Map<string, Tally>();
  for await (const page of pages(durable)) {
    for (const row of page) {
      const values = sealedIn(row.value);
      const lying = values.length > 0 ? places.lyingAt(row) : undefined;
      const what = lying?.what ?? `of a plug-in that isn't installed: ${row.table} of ${row.namespace}`;
      const tally = tallies.get(what) ?? { what, values: 0, outdated: 0, unopened: [], replaceable: 0 };
      if (values.length > 0) tallies.set(what, tally);
      for (const value of values) count(tally, sealer, value, row, lying);
    }
  }
  return [...tallies.values()].sort((a, b) => (a.what < b.what ? -1 : 1));
}

function count(tally: Tally, sealer: KeyedSealer, value: string, row: SealedRow, lying: Lying | undefined): void {
  tally.values++;
  if (sealer.isCurrent(value)) return;
  if (lying === undefined) {
    tally.unopened.push(`${nameOf(row)}: only the plug-in knows how it was sealed`);
    return;
  }
  const { reason } = opened(sealer, value, lying.context);
  if (reason === undefined) tally.outdated++;
  else if (lying.replaceable) tally.replaceable++;
  else tally.unopened.push(reason);
}

function opened(sealer: KeyedSealer, sealed: string, context: string): { text?: string; reason?: string } {
  try {
    return { text: sealer.open(sealed, context) };
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}

async function* pages(durable: Pick<DurableStore, 'sealed'>): AsyncGenerator<SealedRow[]> {
  for (const table of SEALED_TABLES) {
    let after: SealedRow | undefined;
    for (;;) {
      const page: SealedRow[] = await durable.sealed.page(table, { limit: PAGE, ...(after && { after }) });
      if (page.length > 0) yield page;
      after = page.at(-1);
      if (page.length < PAGE) break;
      await setImmediate();
    }
  }
}
