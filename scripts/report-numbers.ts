import type { CountRow } from '../src/core/counts.ts';
import type { DurableStore } from '../src/core/store.ts';
import { emptyKind, type Snapshot } from '../src/statistics/snapshots/snapshot.ts';

const DAY = 86_400_000;
const DAYS = 30;
/** In thousands of a group, who has set something up, at first and at last. */
const PEOPLE = [
  ['students', 24_000, 0.41, 0.86],
  ['staff', 6_000, 0.72, 0.97],
] as const;
const METHODS = [
  ['password+push', 5_200],
  ['password+totp', 2_900],
  ['fido2', 1_900],
  ['password+sms', 700],
] as const;
const REASONS = [
  ['wrong-password', 310],
  ['nobody', 120],
  ['code', 80],
  ['declined', 9],
] as const;

/** A month as an institution has it that rolls out its second step: straight into the tables, for a picture. */
export async function monthOfNumbers(durable: DurableStore, now: number, dates: { from: number }): Promise<void> {
  const first = now - (now % DAY) - (DAYS - 1) * DAY;
  const rows: CountRow[] = [];
  for (let day = 0; day < DAYS; day += 1) {
    const at = first + day * DAY;
    const weekend = [0, 6].includes(new Date(at).getUTCDay());
    // As alike as days are, and never the same.
    const busy = (count: number, of: number) =>
      Math.round(count * (weekend ? 0.22 : 1) * (1 + Math.sin(day * 1.7 + of) / 9));
    const row = (kind: CountRow['kind'], outcome: string, method: string, count: number): CountRow => ({
      ...{ at, kind, outcome, method, application: 'courses', provider: 'local', country: '', count },
    });
    rows.push(...METHODS.map(([method, count], of) => row('sign-in', 'completed', method, busy(count, of))));
    for (const [reason, count] of REASONS) {
      rows.push(
        row('failure', 'wrong', reason, busy(count, count)),
        row('sign-in', 'wrong', 'password', busy(count, count)),
      );
    }
    await durable.records('snapshots').insert(night(at + 3 * 3_600_000, day / (DAYS - 1), dates.from));
  }
  await durable.counts.add({ source: 'picture', sequence: 1, at: first, rows });
}

/** `way`: how far the month has come, between 0 and 1. */
function night(at: number, way: number, from: number): { id: string; data: string } {
  const kinds = PEOPLE.map(([group, people, before, after]) => {
    const without = Math.round(people * (1 - before - (after - before) * way));
    const asked = group === 'staff' ? { due: without } : { dates: { [String(from)]: without } };
    const factors = { totp: Math.round((people - without) * 0.3), push: Math.round((people - without) * 0.6) };
    return { ...emptyKind([group]), people, factors: { ...factors, fido2: people - without }, ...asked };
  });
  const snapshot: Snapshot = { at, kinds, untold: 0 };
  return { id: new Date(at).toISOString().slice(0, 10), data: JSON.stringify(snapshot) };
}
