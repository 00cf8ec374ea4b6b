import type { StorePorts } from '../../core/store.ts';
import type { Client } from './client.ts';
import { createConfirmation } from './confirmation.ts';
import { attempt, connect, disconnect, LISTENING, persistent, refuseEviction, reportState } from './connection.ts';
import type { Alone } from './lasting/alone.ts';
import { leastReplicas, type Settings } from './settings.ts';

/** One server that takes writes: the one at the url, or the primary that Sentinels name. */
export function createPrimary(settings: Settings, onState: StorePorts['onState'], alone?: Alone): Client {
  const least = leastReplicas(settings);
  const shared = persistent(connect(settings));
  reportState(shared, onState);
  const own = least > 0 ? persistent(connect(settings, { connectionName: 'sallyport-marks' })) : undefined;
  // The shared one says what is wrong.
  own?.on('error', () => {});
  const confirm = own && createConfirmation(own, least, alone);
  const connections = own ? [shared, own] : [shared];
  return {
    commands: shared,
    surely: async (write) => (confirm ? confirm(write) : (await write.run(shared))[0]),
    // All lies with it.
    primaryOf: async (_key, history) => ({ history, epoch: undefined, slots: [0] }),
    listener: () => persistent(connect(settings, LISTENING)),
    everywhere: () => [''],
    servers: () => [shared],
    async open() {
      await Promise.all(connections.map(attempt));
      await refuseEviction([shared]);
    },
    async close() {
      await Promise.all(connections.map(disconnect));
    },
  };
}
