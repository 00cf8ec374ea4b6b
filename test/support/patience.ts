import { vi } from 'vitest';

/** As `expect.poll` has it in vitest.config.ts: what is waited for is an event, and a second is short on a busy machine. */
const PATIENCE = 20_000;

const { waitFor, waitUntil } = vi;
const patient = (given: number | { timeout?: number; interval?: number } = {}) =>
  typeof given === 'number' ? given : { timeout: PATIENCE, ...given };
vi.waitFor = (callback, options) => waitFor(callback, patient(options));
vi.waitUntil = (callback, options) => waitUntil(callback, patient(options));
