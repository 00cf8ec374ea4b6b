import { mayNameIn } from '../../core/directory.ts';
import type { CorePorts, Door } from '../../core/door.ts';
import type { Rooms } from '../rooms.ts';
import { createTroubles, type Troubles } from '../troubles.ts';
import type { OpenCore } from './core.ts';
import type { Standing } from './standing.ts';

/** Every door, in the configuration's order. */
interface OpenDoors {
  all: ReadonlyMap<string, Door>;
  /** Closes those beside the core. */
  close(): Promise<void>;
}

/** With what keeps their applications from working. */
export interface Doors {
  all: ReadonlyMap<string, Door>;
  troubles: Troubles;
  close(): void;
}

/** The doors beside the core: they listen to its sessions' ends, and bring what they know of applications. */
export async function openDoors(
  { config, modules, ground, people }: Standing,
  ports: CorePorts,
  { id: coreId, door: core }: OpenCore,
  { journeyOf }: Pick<Rooms, 'journeyOf'>,
): Promise<OpenDoors> {
  await using closing = new AsyncDisposableStack();
  const { find, known } = people.rooms.accounts;
  core.stands?.({ journey: journeyOf(coreId), known });
  const mayName = (directory: string, domain: string) => mayNameIn(people.directories.get(directory), domain);
  const doors = new Map<string, Door>();
  for (const [id, settings] of config.doors) {
    const module = modules.doors.get(id);
    if (id === coreId) doors.set(id, core);
    else if (module && !module.core) {
      const meter = ground.metrics.arrivals(id);
      const own = { core: core.core, journey: journeyOf(id), find, known, mayName, meter };
      const door = await module.create(settings, { ...ports, ...own });
      closing.defer(async () => door.close?.());
      core.core.listen(id, door);
      doors.set(id, door);
    }
  }
  for (const [id, door] of doors) {
    people.applications.addSource(id, async (it) => door.application?.(it));
    people.rooms.connections.addSource(async (account, address) => door.connectedAt?.(account, address));
  }
  const beside = closing.move();
  return { all: doors, close: () => beside.disposeAsync() };
}

/** Looks at once, and from then on, at what others' documents do to applications. */
export async function watchDoors({ ground }: Standing, doors: ReadonlyMap<string, Door>): Promise<Doors> {
  const troubles = createTroubles(doors, { log: ground.log, now: ground.world.now });
  try {
    await troubles.look();
  } catch (error) {
    troubles.close();
    throw error;
  }
  return { all: doors, troubles, close: troubles.close };
}
