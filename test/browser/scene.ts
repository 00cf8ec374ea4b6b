import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContextOptions } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, inject } from 'vitest';
import { launch } from '../support/chromium.ts';
import { type Gateway, type GatewayOptions, startGateway } from '../support/gateway.ts';
import { Visitor } from './visitor.ts';

export type Store = () => Pick<GatewayOptions, 'redis' | 'config' | 'demo' | 'ports'>;

/** For one journey, milliseconds: a browser and a gateway share the machine with other tests. */
export const PATIENCE = 90_000;

/**
 * How journeys run. In CI each may be tried twice: a browser on two busy cores now and then loses a race with the
 * driver, which says nothing of the gateway. What fails twice has failed.
 */
export const JOURNEY = { timeout: PATIENCE, retry: process.env.CI ? 1 : 0 };

/** For what follows an answer by itself, as back-channel logout does. */
export const SOON = { timeout: 30_000 };

/** What each journey is run on. */
export const STORES: [name: string, store: Store][] = [
  ['embedded', () => ({})],
  ['redis', () => ({ redis: inject('redisUrl') })],
];

/** For what no store shows in a browser and its own tests show: on the second one in the long run alone. */
export const USUAL_STORES = process.env.TESTS === 'long' ? STORES : STORES.slice(0, 1);

/** Once in each file, after its tests. */
export async function closeBrowser(): Promise<void> {
  await (await launch()).close();
}

export interface Visit extends BrowserContextOptions {
  groups?: string;
}

export interface BrowserScene {
  readonly gateway: Gateway;
  /** Somebody new, with a password and nothing else, at a browser of their own. */
  visit(options?: Visit): Promise<Visitor & { username: string }>;
}

/**
 * A gateway with the demo's applications on another site, and people at browsers. After each test no
 * page may have broken its own CSP, logged an error or asked another machine for anything.
 */
export function browserScene(store: Store = () => ({})): BrowserScene {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-'));
  let gateway: Gateway;
  let present: Visitor[] = [];
  let count = 0;

  beforeAll(async () => {
    gateway = await startGateway({ folder, ...store() });
  });

  afterEach(async ({ task }) => {
    const problems = present.flatMap((visitor) => visitor.complaints());
    for (const visitor of present) await visitor.leave();
    present = [];
    const logged = gateway.logs.filter(({ level }) => level === 'error' || level === 'warn');
    gateway.logs.length = 0;
    if (task.result?.state === 'fail') return;
    expect(problems).toEqual([]);
    expect(logged).toEqual([]);
  });

  afterAll(async () => {
    await gateway.close();
    rmSync(folder, { recursive: true });
  });

  return {
    get gateway() {
      return gateway;
    },
    async visit({ groups = 'students', ...options } = {}) {
      count += 1;
      const username = `person${count}`;
      await gateway.addUser(username, { name: `Person ${count}`, groups });
      const visitor = await Visitor.arrive(gateway, options);
      present.push(visitor);
      return Object.assign(visitor, { username });
    },
  };
}
