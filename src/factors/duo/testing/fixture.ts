import { onTestFinished } from 'vitest';
import { openExchange } from '../../../../test/support/exchange.ts';
import { openLimits } from '../../../../test/support/limits.ts';
import { factorPorts } from '../../../../test/support/outside.ts';
import type { FactorPorts } from '../../../core/factor-ports.ts';
import { settings } from '../settings.ts';
import { type Duo, startDuo } from './duo.ts';

/** What a browser brings back from Duo's page, where somebody approved. */
export async function approve(duo: Duo, address: string): Promise<Record<string, string>> {
  const page = await fetch(address.replace(duo.origin, duo.address));
  const visit = /name="visit" value="([^"]+)"/.exec(await page.text())?.[1] ?? '';
  const body = new URLSearchParams({ visit });
  const gone = await fetch(`${duo.address}/frame/answer`, { method: 'POST', body, redirect: 'manual' });
  return Object.fromEntries(new URL(gone.headers.get('location') ?? '').searchParams);
}

/** A double of Duo for one test, and the ports of a factor that asks it. */
export async function duoAndPorts(more: object = {}, as?: string) {
  const clock = { ahead: 0, now: () => Date.now() + clock.ahead };
  const duo: Duo = await startDuo(clock.now, as);
  duo.state.patience = 300;
  onTestFinished(() => duo.close());
  /** Keys of the exchange that were announced. */
  const changed: string[] = [];
  const exchange = await openExchange(clock.now);
  const warned: object[] = [];
  const ports: FactorPorts = factorPorts(clock.now, {
    fetch: (url, init) => fetch(String(url).replace(duo.origin, duo.address), { redirect: 'manual', ...init }),
    limit: await openLimits(clock.now),
    exchange: {
      ...exchange,
      async changed(key) {
        changed.push(key);
        await exchange.changed(key);
      },
    },
    log: { debug: () => {}, info: () => {}, warn: (fields) => void warned.push(fields), error: () => {} },
  });
  return { duo, clock, ports, changed, warned, settings: settings.parse(duo.settings(more)) };
}
