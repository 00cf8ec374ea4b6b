import type { LogPort } from '../../core/door.ts';
import { SallyportError } from '../../core/errors.ts';
import type { KeyedSealer } from '../../core/seal.ts';
import type { DurableStore, EphemeralStore } from '../../core/store.ts';
import type { Config } from '../config.ts';
import { type Lag, watchLag } from '../load/lag.ts';
import { createMetrics, type Metrics } from '../metrics/index.ts';
import type { Modules } from '../modules.ts';
import type { SharedClock } from '../nodes/clock.ts';
import { observed, type StoreWatch } from '../observed/stores.ts';
import { spanOf } from '../observed/tracing.ts';
import { openStores, type World } from '../parts.ts';
import { guarded } from '../sealing/guard.ts';
import { createKeys, type Keys } from '../sealing/keys.ts';
import { type Places, sealedPlaces } from '../sealing/places.ts';

/** What everything stands on: a clock, a log, what is measured, the stores, and the keys under which they are sealed. */
export interface Ground {
  /** Its time is that of all nodes. */
  world: World;
  /** Absent where no other process can share the durable store. */
  clock?: SharedClock;
  log: LogPort;
  metrics: Metrics;
  lag: Pick<Lag, 'now'>;
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

/** `lag`: how far the process is behind; tests bring their own. */
export async function openGround(
  config: Config,
  modules: Modules,
  { world: machine, log, lag = watchLag() }: { world: World; log: LogPort; lag?: Lag | undefined },
): Promise<Ground> {
  const metrics = createMetrics(config, machine.now);
  const stores = await openStores(config, modules, machine, log);
  const { clock } = stores;
  const world = clock ? { ...machine, now: clock.now } : machine;
  if (clock) metrics.watch({ ahead: clock.ahead });
  const keys = createKeys(config);
  const { sealer } = keys;
  const places = sealedPlaces(modules);
  const watch: StoreWatch = (store, operation) => {
    const measured = metrics.store(store, operation);
    const name = `${store} ${operation}`;
    const facts = { 'sallyport.store': store, 'sallyport.operation': operation };
    return (begun, answer) => {
      measured(begun, answer);
      spanOf(name, facts, begun, answer);
    };
  };
  const ephemeral = observed('ephemeral', stores.ephemeral, watch);
  const durable = guarded(observed('durable', stores.durable, watch), places, sealer);
  const ready = async () => {
    const asked = ephemeral.ping().catch((cause: unknown) => {
      // What keeps it from being connected, rather than that it isn't.
      const reason = stores.away();
      throw reason === undefined ? cause : new SallyportError('ERR_STORE_UNAVAILABLE', reason, { cause });
    });
    await Promise.all([durable.ping(), asked]);
  };
  const close = async () => {
    lag.close();
    await stores.close();
  };
  metrics.watch({ lag: lag.now, ephemeral });
  const kept = { durable, ephemeral, ready, close };
  return { world, log, metrics, lag, keys, sealer, places, ...(clock && { clock }), ...kept };
}
