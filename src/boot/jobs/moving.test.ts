import { expect, it } from 'vitest';
import { openDurable } from '../../../test/support/durable.ts';
import { person } from '../../../test/support/people.ts';
import type { AuditEvent } from '../../core/door.ts';
import { movingMails } from './moving.ts';

const DAY = 86_400_000;
const START = Date.UTC(2027, 5, 1);
const END = START + 60 * DAY;

/** One person who has moved, one who hasn't, and a clock. */
async function institution(through: { ada: boolean }) {
  const clock = { now: START };
  const audited: AuditEvent[] = [];
  const move = { application: 'payroll', at: END, ends: ['old'], after: ['new'] };
  const statistics = {
    moving: {
      async *people() {
        yield { account: person('ada'), methods: [], moves: [{ ...move, through: through.ada }] };
        yield { account: person('bob'), methods: [], moves: [{ ...move, through: true }] };
      },
    },
  };
  const { durable } = await openDurable();
  const job = movingMails({
    ...{ now: () => clock.now, durable, statistics: statistics as never },
    audit: { commit: async (event) => void audited.push(event) },
    campaigns: { of: () => [] },
    remindBefore: [30 * DAY, 7 * DAY, DAY],
  });
  const onDay = async (day: number) => {
    clock.now = START + day * DAY;
    const before = audited.length;
    await job.run(clock.now, async () => true);
    return audited.slice(before);
  };
  return { onDay };
}

it('writes at each of the times before the date once, to whoever hasn’t moved', async () => {
  const { onDay } = await institution({ ada: false });
  const told = [{ event: 'method.ending', account: 'ada', ends: END, factor: 'old' }];
  expect(await onDay(10)).toEqual([]);
  expect(await onDay(30)).toEqual(told);
  expect(await onDay(31)).toEqual([]);
  expect(await onDay(53)).toEqual(told);
  expect(await onDay(59)).toEqual(told);
  expect(await onDay(59)).toEqual([]);
});

it('writes of the nearest alone where earlier ones were missed, and to nobody who has moved meanwhile', async () => {
  const people = { ada: false };
  const { onDay } = await institution(people);
  expect(await onDay(58)).toHaveLength(1);
  people.ada = true;
  await expect((await institution(people)).onDay(59)).resolves.toEqual([]);
});
