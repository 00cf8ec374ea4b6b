import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { inject, onTestFinished } from 'vitest';
import type { Browser } from '../../src/core/browser.ts';
import type { EphemeralStore } from '../../src/core/store.ts';
import type { Strangers } from '../../src/core/strangers.ts';
import { temporaryFolder } from './folders.ts';
import { storeModules } from './stores.ts';

export const START = 1_800_000_000_000;
export const MINUTE = 60_000;
export const DAY = 86_400_000;

/** A clock that stands still until it is moved. */
export function stoppedClock() {
  let at = START;
  return {
    now: () => at,
    pass(ms: number) {
      at += ms;
    },
  };
}

export const random = (bytes: number): Uint8Array => randomBytes(bytes);

const SETTINGS: Record<string, () => unknown> = {
  embedded: () => ({ file: join(temporaryFolder(), 'ephemeral.db') }),
  redis: () => ({ url: inject('redisUrl'), prefix: `test:${randomUUID()}:` }),
};

/** Ids of the stores for what expires; Redis keeps time by its own clock. */
export const EPHEMERAL = Object.keys(SETTINGS);

/** A store of the running test's own, closed when it ends. */
export async function openEphemeral(id: string, now: () => number): Promise<EphemeralStore> {
  const module = (await storeModules()).ephemeral.find((candidate) => candidate.id === id);
  if (module === undefined) throw new Error(`no ephemeral store ${id}`);
  const store = await module.open(module.settings.parse(SETTINGS[id]?.()), { now });
  onTestFinished(() => store.close());
  return store;
}

/** One browser's cookie jar; `request` is one request of it, with what it holds at that moment. */
export function cookieJar(about: { ip?: string; shared?: boolean } = {}) {
  const jar: { devices: Map<string, string>; known: string | undefined } = { devices: new Map(), known: undefined };
  /** With `lost` the answer never arrives, and with it no cookie. */
  const request = (lost = false): Browser => ({
    ip: about.ip ?? '192.0.2.1',
    userAgent: 'Browser/1.0',
    networks: [],
    shared: about.shared ?? false,
    devices: [...jar.devices].map(([series, secret]) => ({ series, secret })),
    known: jar.known,
    setDevice(series, secret) {
      if (lost) return;
      if (secret === undefined) jar.devices.delete(series);
      else jar.devices.set(series, secret);
    },
    setKnown(value) {
      if (!lost) jar.known = value;
    },
    reference: 'REFERENCE',
    locale: 'en',
  });
  return { jar, request };
}

/** Where it isn't what a test is about: everybody may begin as much as they like. */
export const uncounted: Strangers = {
  admit: async () => {},
  ask: async () => {},
  guess: async () => ({ right: async () => {} }),
  release: async () => {},
};
