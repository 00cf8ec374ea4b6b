import { expect, it } from 'vitest';
import type { FactorContract } from './factor-contract.ts';
import { kept, needed } from './factor-steps.ts';

/** What a factor owes that answers calls of its own, publishes, or runs beside the gateway. */
export function asksServing({ open }: Pick<FactorContract, 'open'>): void {
  it('serves: each call once, and none that takes any body', async () => {
    const { base, routes } = needed((await open()).factor.serves);
    expect(base).toMatch(/^\/[a-z-]+$/);
    const calls = routes.map(({ method, path }) => `${method} ${path}`);
    expect(new Set(calls).size).toBe(calls.length);
    for (const { method, body } of routes) {
      if (method === 'POST') expect(body?.safeParse({ nothing: 'of ours' }).success).toBe(false);
    }
  });
}

export function asksPublishing({ open }: Pick<FactorContract, 'open'>): void {
  it('publishes: JSON at well-known addresses', async () => {
    for (const { path, body } of needed((await open()).factor.publishes)) {
      expect(path).toMatch(/^\/\.well-known\/[a-z-]+$/);
      expect(kept(body)).toEqual(body);
    }
  });
}

export function asksRunning({ open }: Pick<FactorContract, 'open'>): void {
  it('runs: starts anew where it has run before, and ends', async () => {
    const { start, close } = needed((await open()).factor.runs);
    await close?.();
    await start();
    await close?.();
  });
}
