import type { LogPort } from '../../core/door.ts';
import type { Listening, Work } from '../../core/listening.ts';
import type { App } from '../app.ts';
import type { Config } from '../config.ts';
import { wantedBy } from '../listens.ts';
import type { Modules } from '../modules.ts';
import type { Carrier, OwnPort } from './carrier.ts';
import { openConnections } from './connections.ts';
import { openDatagrams } from './datagrams.ts';

/** What may be under way at once of what arrived at the ports of doors; more is dropped, to be sent again. */
const MOST = 1_000;
/** How long the end waits for what is under way, milliseconds: nobody there waits longer for an answer. */
const PATIENCE = 3_000;

/** The ports of doors' own. */
export interface OwnPorts {
  /** The port that was taken, by the door's id and its name there. */
  portOf(door: string, name: string): number | undefined;
  /** Doors that have none because another program has one of theirs, and which. */
  taken: ReadonlyMap<string, number>;
  /** Takes up what another reading of the configuration says of them: certificates. */
  renew(config: Pick<Config, 'doors'>): void;
  /** Begins nothing more, and waits a moment for what is under way. */
  close(): Promise<void>;
}

/** What takes what arrives, in the present building. */
export interface Taking {
  app: Pick<App, 'arrive' | 'gate'>;
  log: Pick<LogPort, 'error' | 'warn'>;
  /** A door whose ports are taken goes without, as in a demonstration: otherwise nothing starts. */
  withoutTaken?: boolean;
}

/** What is under way in a process of all that arrived. */
function createUnderWay(log: Taking['log']) {
  let under = 0;
  let empty = () => {};
  return {
    hasRoom: () => under < MOST,
    async begin(work: Work): Promise<void> {
      if (under >= MOST) return;
      under += 1;
      try {
        await work();
      } catch (err) {
        log.error({ err }, 'what arrived at a port of a door could not be answered');
      }
      under -= 1;
      if (under === 0) empty();
    },
    /** Settled when nothing is, or when that lasts too long. */
    async over(): Promise<void> {
      if (under === 0) return;
      const left = Promise.withResolvers<void>();
      empty = left.resolve;
      const over = setTimeout(left.resolve, PATIENCE).unref();
      await left.promise;
      clearTimeout(over);
    },
  };
}

/** Opens them, each once: where one can't be, none stays open. */
export async function openOwnPorts(
  config: Pick<Config, 'doors'>,
  modules: Pick<Modules, 'doors'>,
  { app, log, withoutTaken = false }: Taking,
): Promise<OwnPorts> {
  const ports = new Map<string, OwnPort>();
  const taken = new Map<string, number>();
  const underWay = createUnderWay(log);

  const carrierOf = (door: string, port: string): Carrier => ({
    take(arrival) {
      const work = app.arrive(door, { ...arrival, hasRoom: underWay.hasRoom });
      return work && underWay.begin(work);
    },
    get gate() {
      return app.gate(door);
    },
    fault: (err) => log.error({ err, door, port }, 'a port of a door has a fault'),
  });
  async function open(door: string, listening: Listening): Promise<void> {
    const carrier = carrierOf(door, listening.name);
    const opened =
      listening.transport === 'udp'
        ? await openDatagrams(listening, carrier)
        : await openConnections(listening, carrier);
    ports.set(`${door} ${listening.name}`, opened);
  }
  const closeAll = async () => {
    await Promise.all([...ports.values()].map((port) => port.close()));
  };
  for (const [door, listening] of wantedBy(config, modules)) {
    if (taken.has(door)) continue;
    try {
      await open(door, listening);
    } catch (error) {
      if (!withoutTaken || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') {
        await closeAll();
        throw error;
      }
      taken.set(door, listening.port);
      const others = [...ports].filter(([name]) => name.startsWith(`${door} `));
      for (const [name, port] of others) {
        ports.delete(name);
        await port.close();
      }
    }
  }

  return {
    taken,
    portOf: (door, name) => ports.get(`${door} ${name}`)?.port,
    renew(next) {
      for (const [door, listening] of wantedBy(next, modules)) ports.get(`${door} ${listening.name}`)?.renew(listening);
    },
    async close() {
      for (const port of ports.values()) port.leave();
      await underWay.over();
      // All at once: what one is still read for, another one can't answer any more.
      await closeAll();
    },
  };
}
