import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import type { Datagrams } from '../../core/listening.ts';
import { type Carrier, type OwnPort, plain } from './carrier.ts';

/** Octets that the system keeps for us while we are busy; it gives as much of them as it allows. */
const BUFFER = 4 * 1024 * 1024;

/** Opens a UDP port. Workers of one primary share it: each takes what it gets hold of. */
export async function openDatagrams({ name, host, port }: Datagrams, carrier: Carrier): Promise<OwnPort> {
  const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4', recvBufferSize: BUFFER });
  socket.bind({ address: host, port });
  await once(socket, 'listening');
  let isOpen = true;
  socket.on('error', carrier.fault);
  socket.on('message', (octets, { address, port: theirs }) => {
    void carrier.take({
      ...{ at: name, octets, from: { address: plain(address), port: theirs } },
      answer(reply) {
        if (isOpen) socket.send(reply, theirs, address, () => {});
      },
      hangUp: () => {},
    });
  });
  return {
    port: socket.address().port,
    renew: () => {},
    // What comes meanwhile is taken like before: what nobody reads here no other process would be given.
    leave: () => {},
    async close() {
      isOpen = false;
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
}
