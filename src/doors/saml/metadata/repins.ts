import type { DoorPorts } from '../../../core/door.ts';
import type { Parties } from './registry.ts';

/** Told to all nodes when a command has moved an application or a member. */
const TOPIC = 'saml:repinned';

/**
 * `repin` for all nodes. Each keeps what it has read of who stands for which entity; until it reads anew, it would go on
 * sending assertions to the one that the operator has just moved away from.
 */
export function createRepins(
  parties: Pick<Parties, 'repin' | 'reread'>,
  { ephemeral, log }: Pick<DoorPorts, 'ephemeral' | 'log'>,
) {
  const reread = () =>
    parties.reread().catch((err: unknown) => log.warn({ err }, 'metadata could not be read anew after a repin'));
  const heard = ephemeral
    .subscribe(TOPIC, () => void reread())
    .catch((err: unknown) => void log.warn({ err }, 'repins by other nodes are learnt of late'));

  return {
    async repin(application: string): ReturnType<Parties['repin']> {
      const done = await parties.repin(application);
      // They learn of it when they look next: the command has done its work.
      await ephemeral.publish(TOPIC).catch((err: unknown) => log.warn({ err }, 'other nodes were not told of a repin'));
      return done;
    },
    close: () => void heard.then((leave) => leave?.()),
  };
}
