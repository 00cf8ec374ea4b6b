import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSharedClock, type SharedClock } from './clock.ts';

/** A machine and a store whose clocks go apart, and how long a question takes there and back. */
interface Away {
  /** Milliseconds that the machine’s clock is ahead. */
  ahead?: number;
  there?: () => number;
  back?: () => number;
}

function world({ ahead = 0, there = () => 0, back = () => 0 }: Away = {}) {
  let time = 1_000_000;
  const warned: string[] = [];
  const world = {
    ahead,
    there,
    back,
    /** Milliseconds, as both have them if nothing is wrong. */
    pass: (by: number) => {
      time += by;
    },
    true: () => time,
    warned,
    open: (follows = true): Promise<SharedClock> =>
      createSharedClock({
        machine: () => Math.floor(time) + world.ahead,
        async store() {
          time += world.there();
          const said = Math.floor(time);
          time += world.back();
          return said;
        },
        log: { warn: (_fields, message) => void warned.push(message) },
        follows,
      }),
  };
  return world;
}

const delay = fc.integer({ min: 0, max: 2_000 });
const hour = 3_600_000;

describe('the time that nodes share', () => {
  it('is the database’s within the fastest round trip, however far the machine’s clock is off', async () => {
    const delays = fc.infiniteStream(fc.tuple(delay, delay));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: -hour, max: hour }), delays, async (ahead, stream) => {
        const trips: number[] = [];
        let next: [number, number] = [0, 0];
        const it = world({
          ahead,
          there: () => {
            next = stream.next().value;
            trips.push(next[0] + next[1]);
            return next[0];
          },
          back: () => next[1],
        });
        const clock = await it.open();
        expect(Math.abs(clock.now() - it.true())).toBeLessThanOrEqual(Math.min(...trips) + 1);
        await clock.measure();
        expect(Math.abs(clock.now() - it.true())).toBeLessThanOrEqual(Math.min(...trips.slice(-5)) + 1);
      }),
    );
  });

  it('moves no further than a measurement forces it to', async () => {
    const it_ = world({ ahead: 90_000 });
    const clock = await it_.open();
    expect(clock.ahead()).toBe(90_000);
    // Slow answers say little.
    Object.assign(it_, { there: () => 900, back: () => 10 });
    await clock.measure();
    expect(clock.ahead()).toBe(90_000);
    it_.ahead = 30_000;
    Object.assign(it_, { there: () => 0, back: () => 0 });
    await clock.measure();
    expect(Math.abs(clock.ahead() - 30_000)).toBeLessThanOrEqual(1);
  });

  it('knows a clock that is set while it is measured', async () => {
    const it_ = world();
    let reads = 0;
    it_.there = () => {
      reads += 1;
      if (reads === 3) it_.ahead = 60_000;
      return 0;
    };
    const clock = await it_.open();
    await clock.measure();
    expect(Math.abs(clock.now() - it_.true())).toBeLessThanOrEqual(1);
  });

  it('is told once where the machine’s is wrong, and again where it is after it was right', async () => {
    const it_ = world({ ahead: -90_000 });
    const clock = await it_.open(false);
    expect(clock.now()).toBe(it_.true() - 90_000);
    await clock.measure();
    expect(it_.warned).toEqual([expect.stringMatching(/^this machine's clock is 90\.0 s behind the database's/)]);
    it_.ahead = 0;
    await clock.measure();
    it_.ahead = 5_000;
    await clock.measure();
    expect(it_.warned[1]).toMatch(/s ahead of the database's/);
  });

  it('stays as it is where the store is away', async () => {
    const it_ = world({ ahead: 7_000 });
    const clock = await it_.open();
    it_.there = () => {
      throw new Error('away');
    };
    await expect(clock.measure()).rejects.toThrow('away');
    expect(clock.now()).toBe(it_.true());
  });
});
