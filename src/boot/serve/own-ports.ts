import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import type { DoorModule, LogPort } from '../../core/door.ts';
import type { Arrival, Listening, Work } from '../../core/listening.ts';
import type { Config } from '../config.ts';
import type { Modules } from '../modules.ts';

/** What may be under way at once of what arrived at the ports of doors; more is dropped, to be sent again. */
const MOST = 1_000;
/** How long the end waits for what is under way, milliseconds: nobody there waits longer for an answer. */
const PATIENCE = 3_000;
/** Octets that the system keeps for us while we are busy; it gives as much of them as it allows. */
const BUFFER = 4 * 1024 * 1024;

/** The ports of doors' own. */
export interface OwnPorts {
  /** The port that was taken, by the door's id and its name there. */
  portOf(door: string, name: string): number | undefined;
  /** Takes nothing more, and waits a moment for what is under way. */
  close(): Promise<void>;
}

/** What takes what arrives, in the present building. */
export interface Taking {
  arrive(door: string, arrival: Arrival): Work | undefined;
  log: Pick<LogPort, 'error' | 'warn'>;
}

/** Which ports the doors of a configuration want. */
function wantedBy(config: Pick<Config, 'doors'>, modules: Pick<Modules, 'doors'>): [string, Listening][] {
  return [...config.doors].flatMap(([id, settings]) => {
    const module = modules.doors.get(id);
    const listens = module && !module.core ? (module as DoorModule).listens?.(settings) : undefined;
    return (listens ?? []).map((one): [string, Listening] => [id, one]);
  });
}

/** Opens them, each once: where one can't be, none stays open. */
export async function openOwnPorts(
  config: Pick<Config, 'doors'>,
  modules: Pick<Modules, 'doors'>,
  { arrive, log }: Taking,
): Promise<OwnPorts> {
  await using opening = new AsyncDisposableStack();
  const sockets = new Map<string, Socket>();
  let under = 0;
  let empty = () => {};

  function begin(work: Work): void {
    if (under >= MOST) return;
    under += 1;
    void work()
      .catch((err: unknown) => log.error({ err }, 'what arrived at a port of a door could not be answered'))
      .finally(() => {
        under -= 1;
        if (under === 0) empty();
      });
  }

  for (const [door, listening] of wantedBy(config, modules)) {
    const socket = await bound(listening);
    opening.defer(() => closed(socket));
    const { name } = listening;
    sockets.set(`${door} ${name}`, socket);
    socket.on('error', (err) => log.error({ err, door, port: name }, 'a port of a door has a fault'));
    socket.on('message', (octets, { address, port }) => {
      const from = { address: address.replace(/^::ffff:(?=\d+\.)/, ''), port };
      const answer = (reply: Buffer) => socket.send(reply, port, address, () => {});
      const work = arrive(door, { at: name, octets, from, answer });
      if (work) begin(work);
    });
  }

  const open = opening.move();
  return {
    portOf: (door, name) => sockets.get(`${door} ${name}`)?.address().port,
    async close() {
      for (const socket of sockets.values()) socket.removeAllListeners('message');
      if (under > 0) {
        const left = Promise.withResolvers<void>();
        empty = left.resolve;
        const over = setTimeout(left.resolve, PATIENCE).unref();
        await left.promise;
        clearTimeout(over);
      }
      await open.disposeAsync();
    },
  };
}

/** Workers of one primary share it: each takes what it gets hold of. */
async function bound({ host, port }: Listening): Promise<Socket> {
  const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4', recvBufferSize: BUFFER });
  socket.bind({ address: host, port });
  await once(socket, 'listening');
  return socket;
}

const closed = (socket: Socket): Promise<void> => new Promise((resolve) => void socket.close(resolve));
