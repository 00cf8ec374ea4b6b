import { createServer, type RequestListener, type Server } from 'node:http';
import { stopServer } from '../app.ts';
import type { Config } from '../config.ts';
import { renewCertificate, serverOf } from '../server.ts';
import { DRAIN } from './stopping.ts';

/** The ports that are listened on. */
export interface Fronts {
  /** Takes no more requests, and waits for those under way, as long as they may take. */
  close(): Promise<void>;
  /** Takes up what another reading of the configuration says of them. */
  renew(config: Config): void;
}

/** What answers at each. */
interface Answering {
  web: RequestListener;
  management: RequestListener;
}

/** Listens for people and applications, and then for the machine's own eyes. */
export async function openFronts(config: Config, { web, management }: Answering): Promise<Fronts> {
  let draining = false;
  const people = serverOf((req, res) => {
    // A connection that is kept would bring further requests for as long as its owner likes.
    if (draining) res.setHeader('connection', 'close');
    web(req, res);
  }, config.listen.tls);
  const machine = createServer(management);
  await listen(people, config.listen);
  await listen(machine, config.management);
  return {
    renew: ({ listen: { tls } }) => renewCertificate(people, tls),
    async close() {
      draining = true;
      const over = setTimeout(() => people.closeAllConnections(), DRAIN).unref();
      await Promise.all([stopServer(people), stopServer(machine)]);
      clearTimeout(over);
    },
  };
}

function listen(server: Server, { port, host }: { port: number; host: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
}
