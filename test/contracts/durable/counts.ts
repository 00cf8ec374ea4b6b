import { expect, it } from 'vitest';
import type { CountRow } from '../../../src/core/counts.ts';
import { type DurableSubject, together } from './subject.ts';

const HOUR = 3_600_000;
const DAY = 86_400_000;
const NOON = 1_795_000_000_000 - (1_795_000_000_000 % DAY) + 12 * HOUR;
const all = { kinds: ['sign-in', 'text', 'mail'] as const, from: 0, until: NOON * 2, limit: 1000 };

const row = (more: Partial<CountRow> = {}): CountRow => ({
  ...{ at: NOON, kind: 'sign-in', outcome: 'completed', method: 'password+totp', application: 'library' },
  ...{ provider: 'local', country: '', count: 1, ...more },
});

export function countSuite({ open, reopen }: DurableSubject): void {
  it('adds what processes counted to the same numbers, of a hundred at once', async () => {
    const { counts } = await open();
    const rows = [row({ count: 2 }), row({ application: '圖書館' }), row({ outcome: 'wrong', method: 'totp' })];
    const orders = [rows, rows.toReversed(), [...rows.slice(1), ...rows.slice(0, 1)]];
    const added = await together((index) =>
      counts.add({ source: `node-${index}`, sequence: 1, at: NOON, rows: orders[index % 3] ?? [] }),
    );
    expect(added).toEqual(Array(100).fill(true));
    expect(await counts.sums({ ...all, by: ['application', 'outcome'] })).toEqual([
      { application: 'library', outcome: 'completed', count: 200 },
      ...[expect.objectContaining({ count: 100 }), expect.objectContaining({ count: 100 })],
    ]);
  });

  it('adds a batch once, of a hundred tries at once and after a restart', async () => {
    const store = await open();
    const batch = (sequence: number) => ({ source: 'node', sequence, at: NOON, rows: [row()] });
    const first = await together(() => store.counts.add(batch(1)));
    expect(first.filter(Boolean)).toHaveLength(1);
    const { counts } = await reopen(store);
    expect(await counts.add(batch(1))).toBe(false);
    expect(await counts.add(batch(2))).toBe(true);
    expect(await counts.sums({ ...all, by: [] })).toEqual([{ count: 2 }]);
  });

  it('keeps nothing of a batch that fails half-way', async () => {
    const { counts } = await open();
    const broken = row({ application: null as unknown as string, outcome: 'wrong' });
    const batch = { source: 'node', sequence: 1, at: NOON };
    await expect(counts.add({ ...batch, rows: [row(), broken] })).rejects.toThrow();
    expect(await counts.sums({ ...all, by: [] })).toEqual([]);
    expect(await counts.add({ ...batch, rows: [row()] })).toBe(true);
  });

  it('takes more rows than one statement', async () => {
    const { counts } = await open();
    const rows = Array.from({ length: 1201 }, (_, at) => row({ application: `a-${at}` }));
    await counts.add({ source: 'node', sequence: 1, at: NOON, rows });
    expect(await counts.sums({ ...all, by: [] })).toEqual([{ count: 1201 }]);
    expect(await counts.sums({ ...all, by: ['application'] })).toHaveLength(1000);
  });

  it('sums by hour and by day (UTC), within a period', async () => {
    const { counts } = await open();
    const rows = [row(), row({ at: NOON + HOUR }), row({ at: NOON + 12 * HOUR, count: 5 }), row({ kind: 'text' })];
    await counts.add({ source: 'node', sequence: 1, at: NOON, rows });
    const signIns = { ...all, kinds: ['sign-in'] as const, by: [] };
    expect(await counts.sums({ ...signIns, every: HOUR })).toEqual([
      { at: NOON, count: 1 },
      { at: NOON + HOUR, count: 1 },
      { at: NOON + 12 * HOUR, count: 5 },
    ]);
    expect(await counts.sums({ ...signIns, every: DAY })).toEqual([
      { at: NOON - 12 * HOUR, count: 2 },
      { at: NOON + 12 * HOUR, count: 5 },
    ]);
    expect(await counts.sums({ ...signIns, from: NOON + HOUR, until: NOON + 12 * HOUR })).toEqual([{ count: 1 }]);
  });

  it('is pruned an hour at a time', async () => {
    const { counts } = await open();
    await counts.add({
      source: 'node',
      sequence: 1,
      at: NOON,
      rows: [0, 1, 2].map((at) => row({ at: NOON + at * HOUR })),
    });
    expect(await counts.prune(NOON + 2 * HOUR)).toBe(true);
    expect(await counts.prune(NOON + 2 * HOUR)).toBe(true);
    expect(await counts.prune(NOON + 2 * HOUR)).toBe(false);
    expect(await counts.sums({ ...all, every: HOUR, by: [] })).toEqual([{ at: NOON + 2 * HOUR, count: 1 }]);
    await counts.forget(NOON + 1);
    expect(await counts.add({ source: 'node', sequence: 1, at: NOON, rows: [] })).toBe(true);
  });

  it('has the same of whole days, whichever rows it reads, and only what is asked for', async () => {
    const { counts } = await open();
    const midnight = NOON - (NOON % DAY);
    const rows = [
      row(),
      row({ at: NOON + HOUR }),
      row({ at: NOON + DAY, count: 5 }),
      row({ application: '', count: 3 }),
    ];
    await counts.add({ source: 'node', sequence: 1, at: NOON, rows });
    await counts.add({ source: 'node', sequence: 2, at: NOON, rows: rows.slice(0, 1) });
    const days = { ...all, from: midnight, until: midnight + 2 * DAY, by: [], every: DAY } as const;
    // Not of whole days, and so from the hours.
    expect(await counts.sums(days)).toEqual(await counts.sums({ ...days, until: days.until - HOUR }));
    expect(await counts.sums({ ...days, where: { application: 'library' } })).toEqual([
      { at: midnight, count: 3 },
      { at: midnight + DAY, count: 5 },
    ]);
    expect(await counts.sums({ ...days, until: days.until - HOUR, where: { application: '' } })).toEqual([
      { at: midnight, count: 3 },
    ]);
    while (await counts.prune(midnight + DAY)) {}
    expect(await counts.sums({ ...all, from: 0, until: midnight + 9 * DAY, by: [] })).toEqual([{ count: 5 }]);
  });
}
