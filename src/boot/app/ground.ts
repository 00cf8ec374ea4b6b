import type { LogPort } from '../../core/door.ts';
import type { KeyedSealer } from '../../core/seal.ts';
import type { DurableStore, EphemeralStore } from '../../core/store.ts';
import type { Config } from '../config.ts';
import type { Modules } from '../modules.ts';
import { openStores, type World } from '../parts.ts';
import { guarded } from '../sealing/guard.ts';
import { createKeys, type Keys } from '../sealing/keys.ts';
import { type Places, sealedPlaces } from '../sealing/places.ts';

/** What everything stands on: a clock, a log, the stores, and the keys under which they are sealed. */
export interface Ground {
  world: World;
  log: LogPort;
  keys: Keys;
  sealer: KeyedSealer;
  /** Where sealed values may lie. */
  places: Places;
  durable: DurableStore;
  ephemeral: EphemeralStore;
  /** Throws while a store is away. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

export async function openGround(config: Config, modules: Modules, world: World, log: LogPort): Promise<Ground> {
  const stores = await openStores(config, modules, world, log);
  const keys = createKeys(config);
  const { sealer } = keys;
  const places = sealedPlaces(modules);
  const { ephemeral } = stores;
  const durable = guarded(stores.durable, places, sealer);
  const ready = async () => {
    await Promise.all([durable.ping(), ephemeral.ping()]);
  };
  return { world, log, keys, sealer, places, durable, ephemeral, ready, close: stores.close };
}
