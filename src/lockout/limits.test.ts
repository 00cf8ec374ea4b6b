import { describe, expect, it } from 'vitest';
import { recordingAudit, recordingLog } from '../../test/support/recording.ts';
import { EPHEMERAL, MINUTE, openEphemeral, START, stoppedClock } from '../../test/support/sign-in.ts';
import { createLimits } from './limits.ts';

const HOUR = 60 * MINUTE;

async function open(store: string, now: () => number) {
  const [{ audit, events }, { log, lines }] = [recordingAudit(), recordingLog()];
  const ephemeral = await openEphemeral(store, now);
  return { limits: createLimits({ ephemeral, now, audit, log }, 'whistle'), events, lines };
}

describe.each(EPHEMERAL)('limits on %s', (id) => {
  it('count each budget by itself, and none where one is spent', async () => {
    const { now } = stoppedClock();
    const limits = (await open(id, now)).limits;
    const person = { name: 'account', of: 'ada', most: 2, per: HOUR };
    const everybody = { name: 'all', of: '', per: HOUR };
    expect(await limits.count([person, everybody])).toEqual({ allowed: true, counts: { account: 1, all: 1 } });
    expect(await limits.count([{ ...person, of: 'bob' }, everybody])).toMatchObject({ counts: { account: 1, all: 2 } });
    expect(await limits.count([everybody, person])).toMatchObject({ counts: { account: 2, all: 3 } });
    expect(await limits.count([everybody, person])).toEqual({
      allowed: false,
      spent: 'account',
      retryAfter: HOUR - (START % HOUR),
    });
    expect(await limits.count([everybody])).toMatchObject({ counts: { all: 4 } });
  });

  it('allow no more than there is to 100 at once', async () => {
    const { now } = stoppedClock();
    const limits = (await open(id, now)).limits;
    const budgets = [{ name: 'number', of: '+85290000000', most: 7, per: HOUR }];
    const all = await Promise.all(Array.from({ length: 100 }, () => limits.count(budgets)));
    expect(all.filter(({ allowed }) => allowed)).toHaveLength(7);
  });

  it('tell once in each window that a budget is spent, and of whose it is where that is no secret', async () => {
    const clock = stoppedClock();
    const { limits, events, lines } = await open(id, clock.now);
    const own = { name: 'number', of: '+85290000000', most: 1, per: HOUR };
    const all = { name: 'country', of: 'HK', most: 2, per: HOUR, shared: true } as const;
    for (let time = 0; time < 5; time += 1) await limits.count([own]);
    await Promise.all(Array.from({ length: 20 }, () => limits.count([all])));
    const until = expect.any(Number);
    const facts = { owner: 'whistle', budget: 'country', of: 'HK', until };
    expect(events).toEqual([
      { event: 'budget.spent', owner: 'whistle', budget: 'number', until },
      { event: 'budget.spent', ...facts },
    ]);
    expect(lines.map(({ level, fields }) => [level, fields])).toEqual([
      ['info', expect.not.objectContaining({ of: expect.anything() })],
      ['error', facts],
    ]);
    clock.pass(HOUR);
    await limits.count([own]);
    await limits.count([own]);
    expect(events).toHaveLength(id === 'embedded' ? 3 : events.length);
  });

  it('take back what was counted, in its own window', async () => {
    const clock = stoppedClock();
    const limits = (await open(id, clock.now)).limits;
    const budgets = [{ name: 'open', of: 'HK', per: HOUR }];
    expect(await limits.read(budgets, START)).toEqual({ open: 0 });
    await limits.count(budgets);
    clock.pass(HOUR);
    await limits.count(budgets);
    await limits.count(budgets);
    expect(await limits.read(budgets, START)).toEqual({ open: 1 });
    expect(await limits.read(budgets, clock.now())).toEqual({ open: 2 });
    await limits.giveBack(budgets, START);
    expect(await limits.read(budgets, START)).toEqual({ open: 0 });
    expect(await limits.count(budgets)).toEqual({ allowed: true, counts: { open: 3 } });
    await limits.giveBack(budgets, clock.now());
    expect(await limits.count(budgets)).toEqual({ allowed: true, counts: { open: 3 } });
  });

  it('keep things apart, and windows from each other', async () => {
    const clock = stoppedClock();
    const limits = (await open(id, clock.now)).limits;
    const apart = { name: 'apart', of: 'ada', per: 30_000, apart: true } as const;
    expect(await limits.count([apart])).toMatchObject({ allowed: true });
    expect(await limits.count([apart])).toMatchObject({ allowed: false, spent: 'apart' });
    expect(await limits.count([{ ...apart, of: 'bob' }])).toMatchObject({ allowed: true });
    const hourly = { name: 'hourly', of: 'ada', most: 1, per: HOUR };
    expect(await limits.count([hourly])).toMatchObject({ allowed: true });
    expect(await limits.count([hourly])).toMatchObject({ allowed: false });
    clock.pass(HOUR);
    expect(await limits.count([hourly])).toMatchObject({ allowed: true });
  });
});

it('of different factors know nothing of each other', async () => {
  const { now } = stoppedClock();
  const ephemeral = await openEphemeral('embedded', now);
  const ports = { ephemeral, now, audit: recordingAudit().audit, log: recordingLog().log };
  const budgets = [{ name: 'account', of: 'ada', most: 1, per: HOUR }];
  expect(await createLimits(ports, 'whistle').count(budgets)).toMatchObject({ allowed: true });
  expect(await createLimits(ports, 'chip').count(budgets)).toMatchObject({ allowed: true });
});
