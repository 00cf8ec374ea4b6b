import type { Strangers } from '../../core/strangers.ts';
import { createStrangers } from '../../lockout/index.ts';
import type { Config } from '../config.ts';
import type { Ground } from './ground.ts';
import type { Ledger } from './ledger.ts';

/** What people may have kept who aren't known yet. What they have is on account in the store. */
export function strangersOf(
  { strangers, networks }: Pick<Config, 'strangers' | 'networks'>,
  { world, log, ephemeral, metrics }: Ground,
  { audit }: Ledger,
): Strangers {
  const own = networks.flatMap(({ name, strangers: budget }) =>
    budget === undefined ? [] : [[name, budget] as const],
  );
  const budgets = { ...strangers, networks: new Map(own) };
  return createStrangers({
    now: world.now,
    ephemeral,
    audit,
    log,
    strangers: budgets,
    count: metrics.countStrangers,
  });
}
