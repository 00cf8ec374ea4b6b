import type { EphemeralModule, StorePorts } from '../../core/store.ts';
import type { Client } from './client.ts';
import { createCluster } from './cluster.ts';
import { examine } from './examine.ts';
import { createAlone } from './lasting/alone.ts';
import { createBacking } from './lasting/backing.ts';
import { createFence, type Fence } from './lasting/fence.ts';
import { createPrimary } from './primary.ts';
import { isSameRedis, leastReplicas, type Settings, settings } from './settings.ts';
import { createStore } from './store.ts';

/** What expires, in Redis 7 or later: for several processes and nodes. */
const redis: EphemeralModule<Settings> = {
  id: 'redis',
  kind: 'ephemeral',
  settings,
  examine,
  sameData: isSameRedis,
  /**
   * Answers after the first attempt to connect, whatever came of it: without Redis the process
   * starts, is not ready, refuses, and goes on trying.
   *
   * @throws SallyportError ERR_CONFIG where Redis is there and evicts keys
   */
  async open(given, ports) {
    const { client, fence } = connected(given, ports);
    const store = createStore(client, given.prefix, fence);
    try {
      await client.open();
    } catch (error) {
      await store.close();
      throw error;
    }
    return store;
  },
};

/** A single server has nobody to fail over to: what it lost at a restart no record brings back. */
function connected(given: Settings, { now, onState, lasting }: StorePorts): { client: Client; fence?: Fence } {
  const cluster = given.cluster !== undefined;
  const create = cluster ? createCluster : createPrimary;
  if (lasting === undefined || leastReplicas(given) === 0) return { client: create(given, onState) };
  const tell = (detail: string) => onState?.('up', detail);
  const backing = createBacking({ lasting, prefix: given.prefix, cluster, now, tell });
  const client = create(given, onState, createAlone(backing));
  const { commands, primaryOf } = client;
  return { client, fence: createFence({ ...backing, commands, primaryOf }) };
}

export default redis;
