import { expect, it, vi } from 'vitest';
import { recordingLog } from '../../../test/support/recording.ts';
import { keepWorkers } from './keeping.ts';
import type { WorkerProcess } from './process.ts';

/** Workers that do as the test says. */
function crew({ fails = () => false }: { fails?: (number: number, start: number) => boolean } = {}) {
  const started: { number: number; die(): void }[] = [];
  const alive = new Set<number>();
  const fewest: number[] = [];
  const start = (number: number): WorkerProcess => {
    const ended = Promise.withResolvers<void>();
    const bad = fails(number, started.filter((one) => one.number === number).length);
    const die = () => {
      alive.delete(number);
      fewest.push(alive.size);
      ended.resolve();
    };
    started.push({ number, die });
    if (bad) setImmediate(die);
    else alive.add(number);
    return {
      ...{ number, pid: 1, port: 1, ended: ended.promise },
      ready: bad ? ended.promise.then(() => Promise.reject(new Error(`worker ${number} failed`))) : Promise.resolve(),
      ask: () => Promise.reject(new Error('not asked')),
      stop: async () => die(),
    };
  };
  return { start, started, alive, fewest };
}

const options = { count: 2, log: recordingLog().log, hurry: 1_000 };

it('starts the first alone, and each again that dies, with growing pauses, until it isn’t worth another try', async () => {
  const { start, started } = crew();
  const giveUp = vi.fn();
  await keepWorkers({ ...options, start, giveUp });
  expect(started.map(({ number }) => number)).toEqual([1, 2]);
  const times: number[] = [];
  for (let death = 1; death < 10; death += 1) {
    const before = performance.now();
    started.findLast(({ number }) => number === 2)?.die();
    await vi.waitFor(() => expect(started.filter(({ number }) => number === 2)).toHaveLength(death + 1), {
      timeout: 10_000,
      interval: 1,
    });
    times.push(performance.now() - before);
  }
  expect(times.at(-1)).toBeGreaterThan(29);
  expect(giveUp).not.toHaveBeenCalled();
  started.findLast(({ number }) => number === 2)?.die();
  await vi.waitFor(() => expect(giveUp).toHaveBeenCalledWith(2));
});

it('stops those that run where one doesn’t come up at first', async () => {
  const { start, alive } = crew({ fails: (number) => number === 2 });
  await expect(keepWorkers({ ...options, start, giveUp: () => {} })).rejects.toThrow('worker 2 failed');
  expect([...alive]).toEqual([]);
});

it('replaces one after the other, and there are never fewer than there should be', async () => {
  const { start, started, alive, fewest } = crew();
  const workers = await keepWorkers({ ...options, start, giveUp: () => {} });
  await workers.roll();
  expect(started.map(({ number }) => number)).toEqual([1, 2, 3, 1, 2]);
  expect([...alive].sort()).toEqual([1, 2]);
  expect(Math.min(...fewest)).toBe(2);
  await workers.stop();
  expect([...alive]).toEqual([]);
});

it('replaces none where a new one doesn’t come up', async () => {
  const { start, alive } = crew({ fails: (number) => number === 3 });
  const workers = await keepWorkers({ ...options, start, giveUp: () => {} });
  await expect(workers.roll()).rejects.toThrow('worker 3 failed');
  expect([...alive].sort()).toEqual([1, 2]);
  expect(workers.ready()).toHaveLength(2);
});
