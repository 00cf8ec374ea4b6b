import type { Server } from 'node:http';
import type { Express } from 'express';
import type { Core, LogPort } from '../core/door.ts';
import { createWeb } from '../web/index.ts';
import { openCore, portsOf } from './app/core.ts';
import { openDoors, watchDoors } from './app/doors.ts';
import { frontOf } from './app/front.ts';
import { openGround } from './app/ground.ts';
import { openLedger } from './app/ledger.ts';
import { openOutside } from './app/outside.ts';
import { openPeople } from './app/people.ts';
import { renderingOf } from './app/rendering.ts';
import { openRooms } from './app/rooms.ts';
import type { CommandHost } from './commands.ts';
import type { Config } from './config.ts';
import { createHost } from './host.ts';
import { createLog } from './log.ts';
import type { Modules } from './modules.ts';
import type { Membership } from './nodes/index.ts';
import { realWorld, type World } from './parts.ts';
import type { Rooms } from './rooms.ts';

/** A whole gateway that doesn't listen yet. */
export interface App {
  web: Express;
  management: Express;
  host: CommandHost;
  /** Paths of further pages of the management port, for people. */
  managementPages: readonly string[];
  core: Core;
  rooms: Rooms;
  /** Throws while a store is away, or another process has the name of this node. */
  ready(): Promise<void>;
  /** From now on it isn't ready, for whoever sends requests here. */
  drain(): void;
  /** Ends what would keep connections open: the server can then stop. */
  endStreams(): void;
  close(): Promise<void>;
}

export interface AppOptions {
  world?: World;
  log?: LogPort;
  node?: Membership;
}

/** The gateway, from the ground up: each step is given those before it, and knows none that comes after. */
export async function createApp(config: Config, modules: Modules, options: AppOptions = {}): Promise<App> {
  const { world = realWorld, log = createLog(config.log.level), node = {} } = options;
  const ground = await openGround(config, modules, world, log);
  const ledger = await openLedger(config, ground, node);
  const outside = await openOutside(config, modules, ground, ledger);
  const people = await openPeople(config, modules, ground, ledger, outside);
  const standing = { config, modules, ground, ledger, outside, people };
  const rendering = renderingOf(config, ground, outside);
  const ports = portsOf(standing, rendering);
  const opened = await openCore(standing, ports);
  const { core } = opened.door;
  const rooms = openRooms(standing, core);
  const doors = await watchDoors(standing, await openDoors(standing, ports, opened, rooms));
  const front = frontOf(standing, { rendering, rooms, core, doors });
  outside.letters.start();
  return {
    web: createWeb(front),
    management: ledger.management.app,
    managementPages: outside.senders.pages.map(({ path }) => path).filter((path) => !path.includes('.')),
    host: createHost({
      ...{ config, modules, ...ground, ...ledger, ...people, ...rooms },
      ...{ doors: doors.all, core, troubles: doors.troubles.now },
    }),
    core,
    rooms,
    ready: ledger.ready,
    drain: ledger.health.drain,
    endStreams: front.streams.close,
    async close() {
      front.streams.close();
      await doors.close();
      await people.close();
      await outside.close();
      await ledger.close();
      await ground.close();
    },
  };
}

/** For the CLI, while no server runs. */
export async function createCommandHost(
  config: Config,
  modules: Modules,
): Promise<CommandHost & { close(): Promise<void> }> {
  const app = await createApp(config, modules, { log: createLog('silent'), node: { command: true } });
  return { run: (request) => app.host.run(request), close: () => app.close() };
}

/** Stops taking requests, and waits for those under way. */
export function stopServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}
