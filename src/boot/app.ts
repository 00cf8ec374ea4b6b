import type { RequestListener, Server } from 'node:http';
import { Server as PortServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Express } from 'express';
import type { AuditPort, Core, LogPort } from '../core/door.ts';
import { isUnavailable } from '../core/errors.ts';
import type { Arrival, Gate, Work } from '../core/listening.ts';
import { type Base, type Building, raise } from './app/building.ts';
import { openGround } from './app/ground.ts';
import { openLedger } from './app/ledger.ts';
import { createSite, type Site } from './app/site.ts';
import type { CommandHost } from './commands.ts';
import { type Config, loadConfig } from './config.ts';
import type { Lag } from './load/lag.ts';
import { createLog } from './log.ts';
import type { Metrics } from './metrics/index.ts';
import type { Modules } from './modules.ts';
import type { Membership } from './nodes/index.ts';
import { realWorld, type World } from './parts.ts';
import { type Outcome, openReloads, type Reloads } from './reload/index.ts';
import type { Rooms } from './rooms.ts';

/** A whole gateway that doesn't listen yet. */
export interface App {
  web: RequestListener;
  /** What arrived at a port of a door's own. What is to be done for it is done only while this process has its name. */
  arrive(door: string, arrival: Arrival): Work | undefined;
  /** A door's say on connections to its own ports. */
  gate(door: string): Gate | undefined;
  management: Express;
  metrics: Pick<Metrics, 'json'>;
  host: CommandHost;
  /** What was made from the configuration as it was read last. */
  readonly building: Building;
  /** How many buildings stand: one, but while requests end in those before. */
  readonly buildings: number;
  readonly core: Core;
  readonly rooms: Rooms;
  /** Reads the configuration again, on all nodes: `config reload`, which is a command as well. */
  reload(by: 'cli' | 'signal'): Promise<Outcome>;
  /** For what this process can only be told: that it took another's place, or that none did. */
  audit: Pick<AuditPort, 'commit'>;
  /** Told of each configuration that has been taken up. */
  onReload(listener: (config: Config) => void): void;
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
  /** Reads the configuration again. */
  read?: () => Config | Promise<Config>;
  /** Whether a node's processes are replaced by whoever asks this one to reload. */
  rolls?: (node: string) => boolean;
  /** Throws for what only a listener would see of it. */
  check?: (config: Config) => void;
  lag?: Lag;
}

/** The gateway: what stays, and over it what the configuration makes. */
export async function createApp(config: Config, modules: Modules, options: AppOptions = {}): Promise<App> {
  const { world = realWorld, log = createLog(config.log.level), node = {}, lag } = options;
  const ground = await openGround(config, modules, { world, log, lag });
  const ledger = await openLedger(config, ground, node);
  const base = { modules, ground, ledger };
  const site = createSite(await raise(config, base), log);
  const listeners: ((config: Config) => void)[] = [];
  const told = (next: Config) => {
    for (const listen of listeners) listen(next);
  };
  /** A store that is away is told of elsewhere, and strangers may send as much as they like. */
  const lostAt = (door: string) => (error: unknown) => {
    if (!isUnavailable(error)) throw error;
    ground.metrics.arrivals(door).count('unavailable');
  };
  const reloads = node.command ? undefined : await reloadsOf(base, site, told, options);
  const reload: App['reload'] = (by) => reloads?.reload(by) ?? Promise.resolve(NO_SERVER);
  return {
    web: site.answer,
    arrive(door, arrival) {
      const work = site.arrive(door, arrival, ledger.held);
      return work && (() => work().catch(lostAt(door)));
    },
    gate: (door) => site.now.gate(door),
    management: ledger.management.app,
    metrics: ground.metrics,
    host: { run: (request) => (request.name === 'config reload' ? reload('cli') : site.run(request)) },
    reload,
    audit: ledger.audit,
    onReload: (listener) => void listeners.push(listener),
    get building() {
      return site.now;
    },
    get buildings() {
      return site.standing;
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
      await reloads?.close();
      await site.close();
      await ledger.close();
      await ground.close();
    },
  };
}

const NO_SERVER: Outcome = { lines: ['no server runs here that could reload'], exitCode: 1 };

function reloadsOf(
  base: Base,
  site: Site,
  told: (config: Config) => void,
  { read, check = () => {}, rolls = () => false }: AppOptions,
): Promise<Reloads> {
  const { file } = site.now.config;
  return openReloads({
    base,
    log: base.ground.log,
    read: read ?? (() => loadConfig(file, base.modules)),
    ...{ check, rolls },
    running: () => site.now,
    raise: (config) => raise(config, base),
    replace(building) {
      site.replace(building);
      told(building.config);
    },
  });
}

/** For the CLI, while no server runs. */
export async function createCommandHost(
  config: Config,
  modules: Modules,
): Promise<CommandHost & { close(): Promise<void> }> {
  const app = await createApp(config, modules, { log: createLog('silent'), node: { command: true } });
  return { run: (request) => app.host.run(request), close: () => app.close() };
}

/** How often a server that stops looks for connections that rest, milliseconds. */
const LOOKS_EVERY = 50;

/**
 * Stops taking requests, and waits for those under way. A connection that has only just come may bring one for
 * `arriving` milliseconds: an HTTP server's own `close` resets it, and whoever has sent a request sees it fail.
 */
export async function stopServer(server: Server, arriving = 0): Promise<void> {
  const closed = new Promise<void>((resolve) => void PortServer.prototype.close.call(server, () => resolve()));
  if (arriving > 0) await pause(arriving);
  // Those on which a request is being answered rest after it: their other end would keep them.
  const resting = setInterval(() => server.closeIdleConnections(), LOOKS_EVERY);
  server.close();
  await closed;
  clearInterval(resting);
}
