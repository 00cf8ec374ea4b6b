import { performance } from 'node:perf_hooks';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { settle } from './settling.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** How much the loop has to do from now on, of each second. */
function busy(share: number): void {
  const utilization = (before?: unknown) => ({ idle: 0, active: 0, utilization: before === undefined ? 0 : share });
  vi.spyOn(performance, 'eventLoopUtilization').mockImplementation(utilization as never);
}

it('collects once, five seconds after a start that nobody waits for', () => {
  busy(0.01);
  const collect = vi.fn();
  settle(collect as never);
  vi.advanceTimersByTime(4_900);
  expect(collect).not.toHaveBeenCalled();
  vi.advanceTimersByTime(200);
  expect(collect).toHaveBeenCalledOnce();
  vi.advanceTimersByTime(60_000);
  expect(collect).toHaveBeenCalledOnce();
});

it('stops nobody who is being served: it waits for a quiet second', () => {
  busy(0.5);
  const collect = vi.fn();
  settle(collect as never);
  vi.advanceTimersByTime(60_000);
  expect(collect).not.toHaveBeenCalled();
  busy(0);
  vi.advanceTimersByTime(2_000);
  expect(collect).toHaveBeenCalledOnce();
});

it('leaves a process alone whose collector cannot be asked', () => {
  settle(undefined);
  expect(vi.getTimerCount()).toBe(0);
});
