import { expect, it } from 'vitest';
import { openDurable } from '../../../../../test/support/durable.ts';
import { chartsOver, fillNights, fillYear } from '../../../../../test/support/year.ts';

const DAY = 86_400_000;
const NOW = 20_800 * DAY - 1;
const UNTIL = NOW + 1;

it('read the same, and little, for ten people as for ten thousand, and for a year as for a month', async () => {
  const counted = async (people: number, days: number, nights = days, ago = 0) => {
    const { durable } = await openDurable();
    const size = { days, hours: 1, applications: 1, people };
    await fillYear(durable, UNTIL, size);
    if (nights > 0) await fillNights(durable, UNTIL - ago * DAY, { ...size, days: nights });
    const reads = { sums: 0, records: 0 };
    const records = durable.records('snapshots');
    const watched = {
      ...durable,
      // Nobody is looked at, however many there are.
      accounts: undefined as never,
      credentials: undefined as never,
      audit: undefined as never,
      counts: { ...durable.counts, sums: (asked: never) => ++reads.sums && durable.counts.sums(asked) },
      records: () => ({
        ...records,
        get: (id: string) => ++reads.records && records.get(id),
        list: (asked: never) => ++reads.records && records.list(asked),
      }),
    };
    const { all, agent } = chartsOver(watched as never, NOW);
    const asked = { agent, from: UNTIL - days * DAY, until: UNTIL };
    const drawn = await Promise.all(all.map((one) => one.draw(asked)));
    const bars = Math.max(...drawn.map((table) => table?.chart?.bars.length ?? 0));
    return { ...reads, bars, drawn: drawn.filter((table) => table !== undefined).length };
  };
  const [few, many, long] = [await counted(9, 30), await counted(9_000, 30), await counted(9, 119)];
  expect(many).toEqual(few);
  expect(few).toMatchObject({ sums: 6, bars: 30 });
  // A night for each bar, the last one for what is drawn of now, and for both since when there are any.
  expect(few.records).toBeLessThanOrEqual(30 + 1 + 2);
  expect(long.sums).toBe(6);
  expect(long.bars).toBeLessThanOrEqual(18);
  expect(long.records).toBeLessThanOrEqual(2 * long.bars);
  // Of days without nights hardly anything is read: there were none yet, or none any more, or there is a gap.
  expect((await counted(9, 730, 0)).records).toBe(2);
  const [late, over] = [await counted(9, 730, 30), await counted(9, 730, 30, 690)];
  expect(late.records).toBeLessThanOrEqual(5 + 1 + 6);
  expect(late.drawn).toBe(few.drawn);
  expect(over.records).toBeLessThanOrEqual(2 * over.bars + 4 * 12);
  expect(over.drawn).toBe(few.drawn);
});

it('are drawn of weeks where there are more days than people tell apart, and lose no number by it', async () => {
  const { durable } = await openDurable();
  const size = { days: 100, hours: 1, applications: 1, people: 30 };
  await fillYear(durable, UNTIL, size);
  const { all, agent } = chartsOver(durable, NOW);
  const chart = all.find(({ name }) => name === 'sign-ins');
  const sum = async (days: number) => {
    const table = await chart?.draw({ agent, from: UNTIL - days * DAY, until: UNTIL });
    const { bars = [] } = table?.chart ?? {};
    return { bars: bars.length, all: bars.flatMap(({ parts }) => parts).reduce((a, b) => a + b, 0) };
  };
  const [days, weeks] = [await sum(92), await sum(100)];
  expect(days.bars).toBe(92);
  expect(weeks.bars).toBeLessThanOrEqual(16);
  expect(weeks.all / 100).toBe(days.all / 92);
});

it('share what is read with one page alone: the next one, and another agent’s at the same time, read for themselves', async () => {
  const { durable } = await openDurable();
  const size = { days: 3, hours: 1, applications: 1, people: 30 };
  await fillYear(durable, UNTIL, size);
  await fillNights(durable, UNTIL, size);
  const { all, agent } = chartsOver(durable, NOW);
  const narrow = { ...agent, may: (_: string, { groups = [] }: { groups?: string[] }) => groups.includes('staff') };
  const period = { from: UNTIL - 3 * DAY, until: UNTIL };
  const told = async (name: string, who: unknown) => {
    const table = await all.find((one) => one.name === name)?.draw({ agent: who as typeof agent, ...period });
    return (table?.rows ?? []).flatMap((row) => row.flatMap((cell) => ('count' in cell ? [cell.count] : [])));
  };
  const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
  const [everybody, staff] = await Promise.all([told('left', agent), told('left', narrow)]);
  expect(sum(staff)).toBeGreaterThan(0);
  expect(sum(staff)).toBeLessThan(sum(everybody));
  const before = sum(await told('methods', agent));
  const row = { outcome: 'completed', method: 'password', application: '', provider: '', country: '' };
  const rows = [{ ...row, kind: 'sign-in' as const, at: UNTIL - DAY, count: 5 }];
  await durable.counts.add({ source: 'later', sequence: 1, at: UNTIL, rows });
  expect(sum(await told('methods', agent))).toBe(before + 5);
});
