import { setTimeout as sleep } from 'node:timers/promises';
import type { FactorPorts } from '../../core/factor-ports.ts';
import type { AuthApi, AuthResult } from './auth-api.ts';

/** Duo ends a push that nobody answers after a minute; milliseconds. */
const LIFE = 60_000;
/** How long its end is kept for the page that waits. */
const KEPT = 10 * 60_000;
/** Where Duo answers at once that there is no news. */
const BREATH = 1_000;

/** What became of a push: `waiting`, or Duo's own status of its end. */
export type PushEnd = { state: 'waiting' } | { state: 'allow' | 'deny'; status: string };

/**
 * Follows each push to its end, on the node that began it, and tells the page that waits, wherever that is. Where this
 * node is gone nobody is told: the push then counts as not answered.
 */
export function createPushes(
  api: AuthApi,
  { exchange, now, random, log }: Pick<FactorPorts, 'exchange' | 'now' | 'random' | 'log'>,
) {
  const stopping = new AbortController();

  async function news(txid: string): Promise<AuthResult | undefined> {
    try {
      return await api.status(txid, stopping.signal);
    } catch (error) {
      if (!stopping.signal.aborted) log.warn({ reason: String(error) }, 'Duo doesn’t say what became of a push');
      return undefined;
    }
  }

  async function follow(txid: string, key: string, expires: number): Promise<void> {
    while (now() < expires + BREATH && !stopping.signal.aborted) {
      const said = await news(txid);
      if (said !== undefined && said.result !== 'waiting') {
        await exchange.add(`end:${key}`, JSON.stringify({ state: said.result, status: said.status }), KEPT);
        return exchange.changed(key);
      }
      await sleep(BREATH, undefined, { signal: stopping.signal }).catch(() => {});
    }
  }

  return {
    /** Its key in the exchange, and until when somebody may answer. */
    begun(txid: string): { key: string; expires: number } {
      const push = { key: `asked:${Buffer.from(random(16)).toString('base64url')}`, expires: now() + LIFE };
      follow(txid, push.key, push.expires).catch((error: unknown) =>
        log.error({ reason: String(error) }, 'the end of a Duo push could not be kept'),
      );
      return push;
    },

    /** Its end is given out once. */
    async end(key: string): Promise<PushEnd> {
      const kept = await exchange.take(`end:${key}`);
      return kept === undefined ? { state: 'waiting' } : (JSON.parse(kept) as PushEnd);
    },

    close: async () => stopping.abort(),
  };
}

export type Pushes = ReturnType<typeof createPushes>;
