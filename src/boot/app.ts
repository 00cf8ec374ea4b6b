import type { Server } from 'node:http';
import type { Express } from 'express';
import { createAudit, listened } from '../audit/index.ts';
import type { Core, Door, DoorPorts, LogPort, RenderPort } from '../core/door.ts';
import { SallyportError } from '../core/errors.ts';
import { createStrangers } from '../lockout/strangers.ts';
import { boundUnproven } from '../lockout/unproven.ts';
import { createLetters } from '../notices/letters.ts';
import { networkLookup } from '../policy/networks.ts';
import { type ApiSettings, hashOfSecret } from '../web/api/clients.ts';
import { createWeb } from '../web/app.ts';
import { assets } from '../web/assets.ts';
import { formText } from '../web/bodies.ts';
import { createBonds } from '../web/bonds.ts';
import { html, localsOf, type WebDeps } from '../web/context.ts';
import { createDeposits } from '../web/deposits.ts';
import { createFormPost } from '../web/form-post.ts';
import { createI18n } from '../web/i18n.ts';
import type { PageName } from '../web/models.ts';
import { createRenderer } from '../web/render.ts';
import { setPolicy } from '../web/security.ts';
import { createStreams } from '../web/streams.ts';
import { auditKey } from './audit-key.ts';
import type { CommandHost } from './commands.ts';
import type { Config } from './config.ts';
import { openGeoip } from './geoip.ts';
import { guardedFetch } from './guarded-fetch.ts';
import { createHost } from './host.ts';
import { createKeyrings } from './keyring.ts';
import { createLog } from './log.ts';
import { createManagement } from './management.ts';
import type { Modules } from './modules.ts';
import { postOffice } from './notices.ts';
import {
  createDirectories,
  createFactors,
  type FactorReport,
  OWN_RULES,
  openStores,
  realWorld,
  type World,
} from './parts.ts';
import { createRegistry } from './registry.ts';
import { createRooms, type Rooms } from './rooms.ts';
import { guarded } from './sealing/guard.ts';
import { createKeys } from './sealing/keys.ts';
import { sealedPlaces } from './sealing/places.ts';
import { createSenders } from './senders.ts';
import { createTroubles } from './troubles.ts';

/** Name of this process's audit chain: with SQLite there is one. */
const NODE = 'main';

/** A whole gateway that doesn't listen yet. */
export interface App {
  web: Express;
  management: Express;
  host: CommandHost;
  /** Paths of further pages of the management port, for people. */
  managementPages: readonly string[];
  core: Core;
  rooms: Rooms;
  /** Throws while a store is away. */
  ready(): Promise<void>;
  /** Ends what would keep connections open: the server can then stop. */
  endStreams(): void;
  close(): Promise<void>;
}

export interface AppOptions {
  world?: World;
  log?: LogPort;
}

/** The wiring, in the order in which things need each other. */
export async function createApp(config: Config, modules: Modules, options: AppOptions = {}): Promise<App> {
  const world = options.world ?? realWorld;
  const log = options.log ?? createLog(config.log.level);

  // What is kept, and under which keys.
  const stores = await openStores(config, modules, world, log);
  const keys = createKeys(config);
  const places = sealedPlaces(modules);
  const { ephemeral } = stores;
  const durable = guarded(stores.durable, places, keys.sealer);
  const ready = async () => {
    await Promise.all([durable.ping(), ephemeral.ping()]);
  };
  const signer = await auditKey(durable, keys.sealer, world.now);
  const chain = await createAudit({ durable, node: NODE, now: world.now, log, sign: signer });
  const management = createManagement(ready);
  const audit = listened(boundUnproven(chain, world.now));
  audit.listen(management.count);
  const i18n = createI18n({ locales: config.locales, defaultLocale: config.defaultLocale });
  const post = postOffice(config, modules, i18n, () => senders);
  const letters = createLetters({ ...world, durable, log, audit, ...post });
  audit.listen(letters.hear);
  const strangers = createStrangers({
    ...{ now: world.now, ephemeral, audit, log, strangers: budgetsOf(config), count: management.countStrangers },
  });
  const keyrings = createKeyrings({ ...world, durable, sealer: keys.sealer, log, audit });

  // People, factors, and the journey.
  const applications = createRegistry(config);
  const directories = createDirectories(config, modules, durable, world);
  const fetch = guardedFetch(config.allowedPrivateNetworks);
  const senders = createSenders(config, modules, { ...world, fetch, log }, audit);
  management.show(senders.pages);
  const report: FactorReport = async (account, about, factor) =>
    void (await rooms.reports.make(account, about, { by: 'owner', factor }));
  const locate = await openGeoip(config.geoip?.database, { now: world.now, log });
  const outside = {
    locate: (ip: string, locale: string) => {
      const { city, country } = locate(ip, locale) ?? {};
      return [city, country].filter(Boolean).join(', ') || undefined;
    },
    fetch,
    log,
    audit: audit.commit,
    note: audit.note,
    senders,
    ephemeral,
    names: applications,
    report,
  };
  const factors = await createFactors(config, modules, durable, directories, world, outside, keys.sealer);
  const rules = [...config.rules, ...OWN_RULES];
  const { acr, sessions, trustedDevices, lockout, signInWith } = config;
  const rooms = createRooms({
    ...world,
    ...{ durable, ephemeral, strangers, sealer: keys.sealer, audit, log },
    ...{
      factors,
      directories,
      applications,
      rules,
      suggestions: config.suggestions,
      acr,
      sessions,
      trustedDevices,
      lockout,
      signInWith,
      ...(config.helpDesk ? { helpDesk: config.helpDesk } : {}),
      passwordPolicy: { minimum: config.passwordPolicy.minimum, names: namesOf(config.name) },
      endSessions: async (account, except) => void (await core.endAll(account, except)),
      endGrants: async (account, credential) => void (await core.endGrants(account, credential)),
    },
  });

  // Pages.
  const served = assets();
  const renderer = createRenderer({
    ...{ i18n, assets: served, name: config.name, support: support(config), now: world.now },
    ...(config.timeZone ? { timeZone: config.timeZone } : {}),
  });

  // Doors; exactly one of them is the core.
  const render: RenderPort = {
    page: (res, name, model) => html(web, res as never, name as PageName, model as never),
    allowFormAction: (res, ...origins) => setPolicy(res, origins),
  };
  const browserOf: DoorPorts['browser'] = (res) => localsOf(res as never).browser;
  const bonds = createBonds({ ...world, issuer: config.issuer });
  const doors = new Map<string, Door>();
  const ports: DoorPorts = {
    ...{
      now: world.now,
      issuer: config.issuer,
      ephemeral,
      strangers,
      durable,
      sealer: keys.sealer,
      applications,
      sessions,
    },
    ...{ random: world.random, acr, locales: config.locales, render, audit, log },
    evaluate: rooms.evaluator.evaluate,
    stillAllowed: rooms.evaluator.stillAllowed,
    account: rooms.accounts.usable,
    adopt: rooms.evidence.adopt,
    browser: browserOf,
    bonds,
    deposits: createDeposits({ ...world, ephemeral, bonds, strangers, browser: browserOf }),
    fetch,
    form: formText,
    core: () => coreOf(doors),
    doors: () => doors,
    keyring: keyrings.keyring,
    institution: { name: config.name, ...(config.support.url ? { supportUrl: config.support.url } : {}) },
  };
  for (const [id, settings] of config.doors) {
    const module = modules.doors.get(id);
    if (module) doors.set(id, await module.create(settings, ports));
  }
  for (const [id, door] of doors) applications.addSource(id, async (it) => door.application?.(it));
  const core = coreOf(doors);
  const troubles = createTroubles(doors, { log, now: world.now });
  await troubles.look();
  management.watch(troubles.now);

  const streams = createStreams({ ephemeral, waiting: rooms.waiting, now: world.now });
  const web: WebDeps = {
    ...world,
    ...{ issuer: config.issuer, trustedProxies: config.trustedProxies, renderer, i18n, assets: served },
    formPost: createFormPost(renderer),
    ...{
      ...rooms,
      core,
      applications,
      troubles: troubles.now,
      rules: config.rules,
      trustedDevices,
      durable,
      ephemeral,
      audit,
      log,
    },
    networksOf: networkLookup(config.networks),
    locate,
    sharedNetworks: new Set(config.networks.filter(({ shared }) => shared).map(({ name }) => name)),
    doors: [...doors].map(([id, { handler }]) => ({ module: modules.doors.get(id) ?? { id, prompts: [] }, handler })),
    published: [...factors.values()].flatMap(({ factor }) => factor.published ?? []),
    routes: [...factors].flatMap(([id, { factor }]) => (factor.routes ? [{ factor: id, routes: factor.routes }] : [])),
    streams,
    api: programs(config),
    csrfKeys: keys.csrf,
  };

  letters.start();
  const auditOf = { durable, node: NODE, publicKeyOf: signer.verifyKey };
  return {
    web: createWeb(web),
    management: management.app,
    managementPages: senders.pages.map(({ path }) => path).filter((path) => !path.includes('.')),
    host: createHost({
      config,
      modules,
      durable,
      directories,
      doors,
      ...rooms,
      core,
      audit,
      world,
      rules,
      factors,
      auditOf,
      keyrings,
      sealer: keys.sealer,
      places,
      troubles: troubles.now,
    }),
    core,
    rooms,
    ready,
    endStreams: streams.close,
    async close() {
      streams.close();
      troubles.close();
      for (const door of doors.values()) await door.close?.();
      for (const { factor } of factors.values()) await factor.close?.();
      await letters.close();
      await senders.close();
      await keyrings.close();
      await chain.close();
      await stores.close();
    },
  };
}

function coreOf(doors: ReadonlyMap<string, Door>): Core {
  for (const { core } of doors.values()) if (core) return core;
  const message = 'doors: one of them must be the core, whose session is the single sign-on session';
  throw new SallyportError('ERR_CONFIG', message);
}

/** For the CLI, while no server runs. */
export async function createCommandHost(
  config: Config,
  modules: Modules,
): Promise<CommandHost & { close(): Promise<void> }> {
  const app = await createApp(config, modules, { log: createLog('silent') });
  return { run: (request) => app.host.run(request), close: () => app.close() };
}

/** What it is called, in every language. */
function namesOf(name: Config['name']): string[] {
  return typeof name === 'string' ? [name] : Object.values(name);
}

function budgetsOf({ strangers, networks }: Config) {
  const own = networks.flatMap(({ name, strangers: budget }) =>
    budget === undefined ? [] : [[name, budget] as const],
  );
  return { ...strangers, networks: new Map(own) };
}

function programs({ api: { clients, budget } }: Config): ApiSettings {
  return { budget, clients: clients.map(({ secret, ...client }) => ({ ...client, secretHash: hashOfSecret(secret) })) };
}

function support({ support: { url, email, phone, pass, hours, address } }: Config) {
  const ways = { ...(url ? { url } : {}), ...(email ? { email } : {}), ...(phone ? { phone } : {}) };
  return { ...ways, ...(pass ? { pass } : {}), ...(hours ? { hours } : {}), ...(address ? { address } : {}) };
}

/** Stops taking requests, and waits for those under way. */
export function stopServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}
