import { createExchange } from '../../src/accounts/exchange.ts';
import type { ExchangePort } from '../../src/core/factor-ports.ts';
import { openEphemeral } from './sign-in.ts';

/** A factor's exchange, on a store of the running test's. */
export async function openExchange(now: () => number): Promise<ExchangePort> {
  return createExchange(await openEphemeral('embedded', now), 'whistle');
}
