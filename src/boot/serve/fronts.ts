import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { stopServer } from '../app.ts';
import type { Config } from '../config.ts';
import { renewCertificate, serverOf } from '../server.ts';
import { DRAIN } from './stopping.ts';

/** The ports that are listened on. */
export interface Fronts {
  /** Takes no more requests, and waits for those under way, as long as they may take. */
  close(): Promise<void>;
  /** The one that was taken where any would do. */
  readonly managementPort: number;
  /** Takes up what another reading of the configuration says of them. */
  renew(config: Config): void;
}

/** What answers at each. */
interface Answering {
  web: RequestListener;
  management: RequestListener;
  /** Ends answers that have no end of their own. */
  endStreams(): void;
}

/** How long a connection that was handed to this process as it stopped may bring its request, milliseconds. */
const ARRIVING = 500;

/** Listens for people and applications, and then for the machine's own eyes. */
export async function openFronts(
  config: Config,
  { web, management, endStreams }: Answering,
  at: Place = config.management,
): Promise<Fronts> {
  let { drain } = config.listen;
  let draining = false;
  // A connection that is kept would bring further requests for as long as its owner likes: a balancer that asks how
  // this process is has no reason to stop.
  const ending =
    (answer: RequestListener): RequestListener =>
    (req, res) => {
      if (draining) res.setHeader('connection', 'close');
      answer(req, res);
    };
  const people = serverOf(ending(web), config.listen.tls);
  const machine = createServer(ending(management));
  await listen(people, config.listen);
  await listen(machine, at);
  return {
    managementPort: (machine.address() as AddressInfo).port,
    renew({ listen }) {
      drain = listen.drain;
      renewCertificate(people, listen.tls);
    },
    async close() {
      draining = true;
      const over = setTimeout(() => people.closeAllConnections(), DRAIN).unref();
      await pause(drain);
      const stopped = stopServer(people, ARRIVING);
      endStreams();
      await stopped;
      clearTimeout(over);
      // Until then it has told that this process isn't ready any more.
      const told = stopServer(machine);
      machine.closeAllConnections();
      await told;
    },
  };
}

/** `exclusive`: not shared with other processes. */
interface Place {
  host: string;
  port: number;
  exclusive?: boolean;
}

export function listen(server: Server, { port, host, exclusive = false }: Place): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, exclusive }, resolve);
  });
}
