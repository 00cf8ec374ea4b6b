import type { RequestListener, Server } from 'node:http';
import type { Express } from 'express';
import type { Core, LogPort } from '../core/door.ts';
import { type Building, raise } from './app/building.ts';
import { openGround } from './app/ground.ts';
import { openLedger } from './app/ledger.ts';
import { createSite } from './app/site.ts';
import type { CommandHost } from './commands.ts';
import type { Config } from './config.ts';
import { createLog } from './log.ts';
import type { Modules } from './modules.ts';
import type { Membership } from './nodes/index.ts';
import { realWorld, type World } from './parts.ts';
import type { Rooms } from './rooms.ts';

/** A whole gateway that doesn't listen yet. */
export interface App {
  web: RequestListener;
  management: Express;
  host: CommandHost;
  /** What was made from the configuration as it was read last. */
  readonly building: Building;
  readonly core: Core;
  readonly rooms: Rooms;
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

/** The gateway: what stays, and over it what the configuration makes. */
export async function createApp(config: Config, modules: Modules, options: AppOptions = {}): Promise<App> {
  const { world = realWorld, log = createLog(config.log.level), node = {} } = options;
  const ground = await openGround(config, modules, world, log);
  const ledger = await openLedger(config, ground, node);
  const site = createSite(await raise(config, { modules, ground, ledger }), log);
  return {
    web: site.answer,
    management: ledger.management.app,
    host: { run: site.run },
    get building() {
      return site.now;
    },
    get core() {
      return site.now.core;
    },
    get rooms() {
      return site.now.rooms;
    },
    ready: ledger.ready,
    drain: ledger.health.drain,
    endStreams: () => site.now.leave(),
    async close() {
      await site.close();
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
