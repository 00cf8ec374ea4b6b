import { createWatch, type Watch } from '../../accounts/index.ts';
import type { Rooms } from '../rooms.ts';
import type { Standing } from './standing.ts';

/** Directories are watched from above the rooms that can end what people have. */
export function watchDirectories(
  { config, ground, ledger, people }: Standing,
  { accounts, endEverything }: Pick<Rooms, 'accounts' | 'endEverything'>,
): Watch {
  const { world, durable, log } = ground;
  const kept = people.withoutDirectory === undefined ? {} : { seenWithin: people.withoutDirectory / 2 };
  const needs = { now: world.now, durable, log, audit: ledger.audit, accounts, endEverything, ...kept };
  const watch = createWatch(needs, people.directories, (id) => config.directories.get(id)?.watch ?? NEVER);
  accounts.listen(watch.refused);
  return watch;
}

const NEVER = { every: 2 ** 31 - 1, complete: 2 ** 31 - 1, most: 0 };
