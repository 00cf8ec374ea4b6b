import type { EphemeralModule } from '../../core/store.ts';
import { createCluster } from './cluster.ts';
import { createPrimary } from './primary.ts';
import { type Settings, settings } from './settings.ts';
import { createStore } from './store.ts';

/** What expires, in Redis 7 or later: for several processes and nodes. */
const redis: EphemeralModule<Settings> = {
  id: 'redis',
  kind: 'ephemeral',
  settings,
  /**
   * Answers after the first attempt to connect, whatever came of it: without Redis the process
   * starts, is not ready, refuses, and goes on trying.
   *
   * @throws SallyportError ERR_CONFIG where Redis is there and evicts keys
   */
  async open(given, { onState }) {
    const client = given.cluster === undefined ? createPrimary(given, onState) : createCluster(given, onState);
    const store = createStore(client, given.prefix);
    try {
      await client.open();
    } catch (error) {
      await store.close();
      throw error;
    }
    return store;
  },
};

export default redis;
