import type { CorePorts, Door } from '../../core/door.ts';
import type { Rooms } from '../rooms.ts';
import { createTroubles, type Troubles } from '../troubles.ts';
import type { OpenCore } from './core.ts';
import type { Standing } from './standing.ts';

/** Every door, in the configuration's order, and what keeps their applications from working. */
export interface Doors {
  all: ReadonlyMap<string, Door>;
  troubles: Troubles;
  close(): Promise<void>;
}

/** The doors beside the core: they listen to its sessions' ends, and bring what they know of applications. */
export async function openDoors(
  { config, modules, people }: Standing,
  ports: CorePorts,
  { id: coreId, door: core }: OpenCore,
  { journeyOf }: Pick<Rooms, 'journeyOf'>,
): Promise<Map<string, Door>> {
  const doors = new Map<string, Door>();
  for (const [id, settings] of config.doors) {
    const module = modules.doors.get(id);
    if (id === coreId) doors.set(id, core);
    else if (module && !module.core) {
      const door = await module.create(settings, { ...ports, core: core.core, journey: journeyOf(id) });
      core.core.listen(id, door);
      doors.set(id, door);
    }
  }
  for (const [id, door] of doors) people.applications.addSource(id, async (it) => door.application?.(it));
  return doors;
}

/** Looks at once, and from then on, at what others' documents do to applications. */
export async function watchDoors({ ground, ledger }: Standing, doors: ReadonlyMap<string, Door>): Promise<Doors> {
  const troubles = createTroubles(doors, { log: ground.log, now: ground.world.now });
  await troubles.look();
  ledger.management.watch(troubles.now);
  return {
    all: doors,
    troubles,
    async close() {
      troubles.close();
      for (const door of doors.values()) await door.close?.();
    },
  };
}
