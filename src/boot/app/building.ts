import type { RequestListener } from 'node:http';
import type { Watch } from '../../accounts/index.ts';
import type { Core, CorePorts } from '../../core/door.ts';
import type { Keyring } from '../../core/keyring.ts';
import type { Arrival, Gate, Work } from '../../core/listening.ts';
import { createWeb } from '../../web/index.ts';
import type { CommandHost } from '../commands.ts';
import type { Config } from '../config.ts';
import { createHost } from '../host.ts';
import type { Jobs } from '../jobs/index.ts';
import { wantedBy } from '../listens.ts';
import { metadataEnds, portEnds, signingEnds, tlsEnds } from '../metrics/ends.ts';
import type { Modules } from '../modules.ts';
import type { Rooms } from '../rooms.ts';
import { strangersOf } from './bounds.ts';
import { openCore, portsOf } from './core.ts';
import { housesIn } from './directories.ts';
import { openDoors, watchDoors } from './doors.ts';
import { frontOf } from './front.ts';
import type { Ground } from './ground.ts';
import { jobsOf } from './jobs.ts';
import { knownIn } from './known.ts';
import type { Ledger } from './ledger.ts';
import { openOutside } from './outside.ts';
import { openPeople, type People } from './people.ts';
import { renderingOf } from './rendering.ts';
import { openRooms } from './rooms.ts';
import { watchDirectories } from './watching.ts';

/** What stays, however often the configuration is read. */
export interface Base {
  modules: Modules;
  ground: Ground;
  ledger: Ledger;
}

/** All that one reading of the configuration makes, over what stays. */
export interface Building {
  config: Config;
  web: RequestListener;
  /** What arrived at a port of this door's own. */
  arrive(door: string, arrival: Arrival): Work | undefined;
  gate(door: string): Gate | undefined;
  host: CommandHost;
  core: Core;
  rooms: Rooms;
  watch: Watch;
  jobs: Jobs;
  directories: People['directories'];
  /** Paths of further pages of the management port, for people. */
  managementPages: readonly string[];
  /** From here on it is this one that is told, is shown and sends letters. */
  open(): void;
  /** Another one is: its event streams end, so that pages connect anew. */
  leave(): void;
  close(): Promise<void>;
}

/**
 * Raises a building, which does nothing for anybody before it is opened: each step is given those before it, and knows
 * none that comes after. Where one fails, those before it are taken down again.
 */
export async function raise(config: Config, { modules, ground, ledger }: Base): Promise<Building> {
  await using closing = new AsyncDisposableStack();
  const rings = new Map<string, Keyring>();
  closing.defer(() => ledger.keyrings.leave(...rings.values()));
  const keyring: CorePorts['keyring'] = async (purpose, options) => {
    const ring = await ledger.keyrings.keyring(purpose, options);
    rings.set(purpose, ring);
    return ring;
  };

  const outside = await openOutside(config, modules, ground, ledger);
  closing.defer(() => outside.close());
  const people = await openPeople({ config, modules, ground, ledger, outside, keyring });
  closing.defer(() => people.close());
  const strangers = strangersOf(config, ground, ledger);
  const standing = { config, modules, ground, ledger, outside, people, strangers, keyring };
  const rendering = renderingOf(config, ground, outside);
  const ports = portsOf(standing, rendering);
  const opened = await openCore(standing, ports);
  closing.defer(async () => opened.door.close?.());
  const { core } = opened.door;
  const rooms = openRooms(standing, core);
  closing.defer(() => rooms.reset.close());
  const beside = await openDoors(standing, ports, opened, rooms);
  closing.defer(() => beside.close());
  const doors = await watchDoors(standing, beside.all);
  closing.defer(() => doors.close());
  const watch = watchDirectories(standing, rooms);
  closing.defer(() => watch.close());
  const jobs = jobsOf(standing, rooms);
  closing.defer(() => jobs.close());
  const front = frontOf(standing, { rendering, rooms, core, doors, watch });
  const host = createHost({
    ...{ config, modules, ...ground, ...ledger, ...people, ...rooms },
    ...{ doors: doors.all, core, troubles: doors.troubles.now, watch },
  });

  const web = createWeb(front);
  const { pages } = outside.senders;
  const all = closing.move();
  let unlisten = () => {};
  const leave = () => {
    unlisten();
    watch.stop();
    jobs.stop();
    front.streams.close();
  };
  return {
    ...{ config, web, host, core, rooms, watch, jobs, leave, directories: people.directories },
    arrive: (door, arrival) => doors.all.get(door)?.arrive?.(arrival),
    gate: (door) => doors.all.get(door)?.gate,
    managementPages: pages.map(({ path }) => path).filter((path) => !path.includes('.')),
    open() {
      ledger.counter.know(knownIn(config));
      ground.metrics.configure(config);
      ground.metrics.watch({
        streams: () => front.streams.size,
        houses: () => housesIn(people.directories),
        ends: async () => [
          ...[...tlsEnds(config), ...portEnds(wantedBy(config, modules))],
          ...[...signingEnds(rings), ...metadataEnds(await doors.troubles.now())],
        ],
      });
      const unheard = [ledger.audit.listen(outside.letters.hear), ledger.audit.listen(outside.places.hear)];
      unlisten = () => {
        for (const stop of unheard) stop();
      };
      ledger.management.show(pages);
      ledger.management.watch(doors.troubles.now, watch.troubles);
      outside.letters.start();
      if (!ledger.command) watch.start();
      if (!ledger.command) jobs.start();
      if (!ledger.command) opened.door.opens?.();
    },
    async close() {
      leave();
      await all.disposeAsync();
    },
  };
}
