import { beforeEach, expect, it, vi } from 'vitest';
import { recordingLog } from '../../../test/support/recording.ts';
import { keepWorkers } from './keeping.ts';
import type { WorkerProcess } from './process.ts';

interface Trouble {
  /** Given how often it was started before. */
  fails?: (number: number, before: number) => boolean;
  hangs?: (number: number) => boolean;
}

/** Workers that do as the test says. */
function crew({ fails = () => false, hangs = () => false }: Trouble = {}) {
  const started: { number: number; whenReady: boolean; die(): void }[] = [];
  const alive = new Set<number>();
  const fewest: number[] = [];
  const start = (number: number, whenReady: boolean): WorkerProcess => {
    const ended = Promise.withResolvers<void>();
    const bad = fails(number, started.filter((one) => one.number === number).length);
    const die = () => {
      alive.delete(number);
      fewest.push(alive.size);
      ended.resolve();
    };
    started.push({ number, whenReady, die });
    if (bad) setImmediate(die);
    else alive.add(number);
    return {
      ...{ number, pid: 1, port: 1, ended: ended.promise },
      ready:
        bad || hangs(number) ? ended.promise.then(() => Promise.reject(new Error('it failed'))) : Promise.resolve(),
      ask: () => Promise.reject(new Error('not asked')),
      ...{ stop: async () => die(), kill: die },
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
  await expect(keepWorkers({ ...options, start, giveUp: () => {} })).rejects.toThrow('worker 2: it failed');
  expect([...alive]).toEqual([]);
});

const numberOf = async ({ number }: WorkerProcess) => void told.push(number);
let told: number[];
beforeEach(() => {
  told = [];
});

it('replaces one after the other, and there are never fewer than there should be', async () => {
  const { start, started, alive, fewest } = crew();
  const workers = await keepWorkers({ ...options, start, giveUp: () => {} });
  expect(await workers.roll(numberOf)).toEqual({ replaced: 2 });
  expect(started.map(({ number, whenReady }) => [number, whenReady])).toEqual([
    ...[1, 2].map((number) => [number, false]),
    ...[3, 1, 2].map((number) => [number, true]),
  ]);
  expect(told).toEqual([3, 1, 2]);
  expect([...alive].sort()).toEqual([1, 2]);
  expect(Math.min(...fewest)).toBe(2);
  await workers.stop();
  expect([...alive]).toEqual([]);
});

it('replaces none where the first new one doesn’t come up', async () => {
  const { start, alive } = crew({ fails: (number) => number === 3 });
  const workers = await keepWorkers({ ...options, start, giveUp: () => {} });
  expect(await workers.roll(numberOf)).toEqual({ replaced: 0, fault: 'worker 3: it failed' });
  expect([...alive].sort()).toEqual([1, 2]);
  expect(workers.ready()).toHaveLength(2);
});

it('kills a new one that hangs, and goes no further', async () => {
  const { start, alive } = crew({ hangs: (number) => number === 3 });
  const workers = await keepWorkers({ ...options, start, giveUp: () => {} });
  expect(await workers.roll(numberOf)).toMatchObject({ replaced: 0 });
  expect([...alive].sort()).toEqual([1, 2]);
});

it('stops where a later one doesn’t come up, with as many as before, and goes on from there', async () => {
  const broken = new Set([2]);
  const { start, alive, fewest } = crew({ fails: (number, before) => before > 0 && broken.has(number) });
  const workers = await keepWorkers({ ...options, start, giveUp: () => {} });
  expect(await workers.roll(numberOf)).toEqual({ replaced: 2, fault: 'worker 2: it failed' });
  expect([...alive].sort()).toEqual([1, 3]);
  broken.clear();
  expect(await workers.roll(numberOf)).toEqual({ replaced: 2 });
  expect([...alive].sort()).toEqual([1, 2]);
  expect(Math.min(...fewest)).toBe(2);
});

it('starts none while all are being stopped', async () => {
  const { start, started, alive } = crew();
  const workers = await keepWorkers({ ...options, start, giveUp: () => {} });
  const stopped = Promise.withResolvers<void>();
  const rolled = workers.roll(() => stopped.promise);
  await vi.waitFor(() => expect(started).toHaveLength(3));
  await workers.stop();
  stopped.resolve();
  expect(await rolled).toMatchObject({ fault: expect.stringContaining('being stopped') });
  expect([...alive]).toEqual([]);
});
