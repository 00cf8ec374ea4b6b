import { randomBytes } from 'node:crypto';
import { createExchange } from '../accounts/exchange.ts';
import type { AccountsRoom } from '../accounts/index.ts';
import { type Applications, INTERNAL_APPLICATIONS } from '../core/application.ts';
import type { CredentialKind, CredentialKinds } from '../core/credential-kind.ts';
import { type Directory, domainIn, mayNameIn } from '../core/directory.ts';
import type { AuditPort, LogPort } from '../core/door.ts';
import type { EnabledFactor, EnabledFactors } from '../core/enabled-factor.ts';
import type { FactorPorts } from '../core/factor-ports.ts';
import type { Rule } from '../core/policy.ts';
import type { Sealer } from '../core/seal.ts';
import type { DurableStore, EphemeralStore } from '../core/store.ts';
import { createDurableStore } from '../durable/index.ts';
import { createLimits } from '../lockout/limits.ts';
import type { Config } from './config.ts';
import { fileOf } from './lock.ts';
import type { Modules } from './modules.ts';
import { createSharedClock, type SharedClock } from './nodes/clock.ts';
import { traced } from './observed/factors.ts';
import { sealerFor } from './sealing/places.ts';
import type { Senders } from './senders.ts';

/** Clock and randomness: tests bring their own. */
export interface World {
  now(): number;
  random(bytes: number): Uint8Array;
}

export const realWorld: World = { now: () => Date.now(), random: pooled() };

/** Asking the system costs the same for a few bytes as for many: they are taken from a supply, each once. */
function pooled(): World['random'] {
  const SUPPLY = 4096;
  let supply = new Uint8Array();
  return (bytes) => {
    if (bytes > SUPPLY / 8) return randomBytes(bytes);
    if (supply.length < bytes) supply = new Uint8Array(randomBytes(SUPPLY));
    const taken = supply.slice(0, bytes);
    // What was given away isn't kept.
    supply.fill(0, 0, bytes);
    supply = supply.subarray(bytes);
    return taken;
  };
}

export interface Stores {
  /** Where other processes can share the durable store. */
  clock: SharedClock | undefined;
  durable: DurableStore;
  ephemeral: EphemeralStore;
  /** Why the ephemeral one isn't there, where that is known. */
  away(): string | undefined;
  close(): Promise<void>;
}

export async function openStores(config: Config, modules: Modules, world: World, log: LogPort): Promise<Stores> {
  const { durable: kept, ephemeral: passing } = config.stores;
  const durableModule = modules.stores.durable.get(kept.type);
  const ephemeralModule = modules.stores.ephemeral.get(passing.type);
  if (!durableModule || !ephemeralModule) throw new Error('the configuration names a store that does not exist');
  const durable = await createDurableStore(await durableModule.open(kept.settings));
  const shared = fileOf(kept.settings) === undefined;
  const read = { machine: world.now, store: durable.now, log, follows: config.clock === 'database' };
  // Before anything is compared with a time.
  const clock = shared ? await createSharedClock(read) : undefined;
  let away: string | undefined;
  const opened = await ephemeralModule.open(passing.settings, {
    now: clock?.now ?? world.now,
    lasting: { state: durable.state('ephemeral'), records: durable.records('ephemeral') },
    onState(state, detail) {
      away = state === 'down' ? detail : undefined;
      log[state === 'up' ? 'info' : 'error']({ store: passing.type, detail }, `store is ${state}`);
    },
  });
  return {
    clock,
    durable,
    ephemeral: opened,
    away: () => away,
    async close() {
      await opened.close();
      await durable.close();
    },
  };
}

/** Credentials of one factor that an account may have, where the factor doesn't say: each more is one more to guess. */
const MOST = 10;

/** What the credentials of each enabled factor are: known before any of them stands. */
export function credentialKinds(config: Config, modules: Modules): CredentialKinds {
  const kinds = new Map<string, CredentialKind>();
  for (const [id, settings] of config.factors) {
    const module = modules.factors.get(id);
    if (module) kinds.set(id, { shape: module.credential, maximum: module.maximum?.(settings) ?? MOST });
  }
  return kinds;
}

/** What a factor gets a part of, by its id. */
interface Wires extends World, Pick<AccountsRoom, 'accounts' | 'credentials'> {
  durable: DurableStore;
  ephemeral: EphemeralStore;
  sealer: Sealer;
  audit: AuditPort;
  log: LogPort;
  fetch: FactorPorts['fetch'];
  locate(ip: string, locale: string): { city?: string; country: string } | undefined;
  senders: Pick<Senders, 'send'>;
  directories: ReadonlyMap<string, Directory>;
  /** Applications, members included. */
  names: Pick<Applications, 'get'>;
}

/** Makes the enabled factors, and starts what runs by itself; where one fails, none goes on. */
export async function createFactors(
  config: Config,
  modules: Modules,
  wires: Wires,
): Promise<{ factors: EnabledFactors; close(): Promise<void> }> {
  await using closing = new AsyncDisposableStack();
  const factors = new Map<string, EnabledFactor>();
  for (const [id, settings] of config.factors) {
    const module = modules.factors.get(id);
    if (module === undefined) continue;
    const factor = traced(id, module.create(settings, { ...institutionOf(config), ...portsOf(id, wires) }));
    closing.defer(async () => factor.runs?.close?.());
    await factor.runs?.start();
    factors.set(id, { module, factor });
  }
  const running = closing.move();
  return { factors, close: () => running.disposeAsync() };
}

/** The same for every factor. */
function institutionOf({ name, locales, issuer, signInWith: { label, hint }, applications }: Config) {
  return {
    serviceName: typeof name === 'string' ? name : (name.en ?? Object.values(name)[0] ?? ''),
    service: { name, locales },
    issuer,
    identifier: { ...(label ? { label } : {}), ...(hint ? { hint } : {}) },
    applications: [...applications.keys(), ...INTERNAL_APPLICATIONS],
  };
}

/** What belongs to one of them alone. */
function portsOf(id: string, wires: Wires): Omit<FactorPorts, keyof ReturnType<typeof institutionOf>> {
  const { now, random, durable, ephemeral, audit, log, fetch, accounts, credentials, senders, names } = wires;
  return {
    ...{ now, random, fetch, log, audit: audit.commit },
    locate(ip, locale) {
      const { city, country } = wires.locate(ip, locale) ?? {};
      return [city, country].filter(Boolean).join(', ') || undefined;
    },
    password: { verify: accounts.verifyPassword },
    send: (message, account) => senders.send(message, { factor: id, account }),
    limit: createLimits({ ephemeral, now, log, audit }, id),
    exchange: createExchange(ephemeral, id),
    credentials: {
      byLookup: (key) => credentials.byLookup(id, key),
      ofAccount: async (account) => (await credentials.ofAccount(account)).filter(({ factor }) => factor === id),
      update: credentials.change,
    },
    state: durable.state(`factor:${id}`),
    records: durable.records(`factor:${id}`),
    sealer: sealerFor(`factor:${id}`, wires.sealer),
    isOurName: ({ directory }, name) => mayNameIn(wires.directories.get(directory), domainIn(name)),
    nameOf: (application) => names.get(application)?.name ?? application,
  };
}

/** Changing how one signs in takes an MFA of the last ten minutes, on top of whatever the operator's rules say. */
export const OWN_RULES: readonly Rule[] = [
  {
    name: 'managing one’s methods',
    applications: ['sallyport-security'],
    level: 'mfa',
    freshness: 600_000,
    remember: 0,
  },
  {
    name: 'setting up one’s first methods',
    applications: ['sallyport-enrol'],
    level: 'mfa',
    freshness: 600_000,
    remember: 0,
  },
  {
    name: 'the gateway’s own pages',
    applications: INTERNAL_APPLICATIONS,
    // What is set up or handed out there would outlast a directory's absence.
    dangerouslyWithoutDirectory: 'never',
  },
  {
    name: 'the help desk',
    applications: ['sallyport-helpdesk'],
    level: 'phr',
    freshness: 3_600_000,
    remember: 0,
    // A password alone must not become a passkey of an agent's.
    firstEnrolment: false,
  },
];
