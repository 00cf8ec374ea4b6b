import { createHash } from 'node:crypto';
import type { DoorPorts } from '../../core/door.ts';
import type { Arrival } from '../../core/listening.ts';
import type { Packet } from './codec/packet.ts';

/** How long the same octets are answered to the same packet: as long as any client waits, and half a minute, milliseconds. */
const KEPT = 90_000;
/** How long one is taken to be under way: a process that ended meanwhile answers none, milliseconds. */
const UNDER_WAY = 30_000;
const WORKING = 'working';

/**
 * A retransmission is the same packet again: same sender, identifier and request authenticator at the same port of
 * ours (RFC 5080 section 2.2.2). It is answered by the same octets, and starts nothing a second time, on whichever node
 * it arrives.
 */
export function createDuplicates({ ephemeral, sealer }: Pick<DoorPorts, 'ephemeral' | 'sealer'>) {
  return {
    /**
     * The answer's octets, made at the first of any number of arrivals; undefined where there is none, or not yet.
     * Where `make` has none, or throws, the next arrival tries again.
     */
    async once(
      { at, from }: Pick<Arrival, 'at' | 'from'>,
      { identifier, authenticator }: Packet,
      make: () => Promise<Buffer | undefined>,
    ): Promise<{ octets: Buffer | undefined; again: boolean }> {
      const name = [at, from.address, from.port, identifier, authenticator.toString('hex')].join(' ');
      const key = `radius-packet:${createHash('sha256').update(name).digest('base64url')}`;
      if (!(await ephemeral.add(key, WORKING, UNDER_WAY))) {
        const kept = await ephemeral.get(key);
        const answered = kept !== undefined && kept !== WORKING;
        return { octets: answered ? Buffer.from(sealer.open(kept, key), 'base64') : undefined, again: true };
      }
      try {
        const octets = await make();
        if (octets === undefined) await ephemeral.delete(key);
        else await ephemeral.set(key, sealer.seal(octets.toString('base64'), key), KEPT);
        return { octets, again: false };
      } catch (error) {
        await ephemeral.delete(key).catch(() => {});
        throw error;
      }
    },
  };
}

export type Duplicates = ReturnType<typeof createDuplicates>;
