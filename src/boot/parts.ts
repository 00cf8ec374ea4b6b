import { randomBytes } from 'node:crypto';
import { createAccounts } from '../accounts/accounts.ts';
import { createCredentials } from '../accounts/credentials.ts';
import { createExchange } from '../accounts/exchange.ts';
import { createLogins } from '../accounts/logins.ts';
import { type Applications, INTERNAL_APPLICATIONS } from '../core/application.ts';
import type { Directory } from '../core/directory.ts';
import type { AuditPort, LogPort } from '../core/door.ts';
import type { EnabledFactors } from '../core/enabled-factor.ts';
import type { FactorPorts, Reported } from '../core/factor.ts';
import type { Rule } from '../core/policy.ts';
import type { Sealer } from '../core/seal.ts';
import type { DurableStore, EphemeralStore } from '../core/store.ts';
import { createDurableStore } from '../durable/index.ts';
import { createLimits } from '../lockout/limits.ts';
import type { Config } from './config.ts';
import type { Modules } from './modules.ts';
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
  durable: DurableStore;
  ephemeral: EphemeralStore;
  close(): Promise<void>;
}

export async function openStores(config: Config, modules: Modules, world: World, log: LogPort): Promise<Stores> {
  const { durable: kept, ephemeral: passing } = config.stores;
  const durableModule = modules.stores.durable.get(kept.type);
  const ephemeralModule = modules.stores.ephemeral.get(passing.type);
  if (!durableModule || !ephemeralModule) throw new Error('the configuration names a store that does not exist');
  const durable = await createDurableStore(await durableModule.open(kept.settings));
  const ephemeral = await ephemeralModule.open(passing.settings, {
    now: world.now,
    onState: (state, detail) =>
      log[state === 'up' ? 'info' : 'error']({ store: passing.type, detail }, `store is ${state}`),
  });
  return {
    durable,
    ephemeral,
    async close() {
      await ephemeral.close();
      await durable.close();
    },
  };
}

export function createDirectories(
  config: Config,
  modules: Modules,
  durable: DurableStore,
  world: World,
): Map<string, Directory> {
  const directories = new Map<string, Directory>();
  for (const [id, settings] of config.directories) {
    const module = modules.directories.get(id);
    if (module)
      directories.set(
        id,
        module.create(settings, {
          ...world,
          records: durable.records(`directory:${id}`),
          signInWith: config.signInWith,
        }),
      );
  }
  return directories;
}

/** "This wasn't me", told to a factor, by its id. */
export type FactorReport = (account: string, about: Reported, factor: string) => Promise<void>;

/** What a factor gets a part of, by its id. */
interface Wires {
  senders: Pick<Senders, 'send'>;
  ephemeral: EphemeralStore;
  report: FactorReport;
  /** Written to the audit soon after, where nobody waits for it. */
  note: AuditPort['note'];
  /** Applications, members included. */
  names: Pick<Applications, 'get'>;
}

export async function createFactors(
  config: Config,
  modules: Modules,
  durable: DurableStore,
  directories: ReadonlyMap<string, Directory>,
  world: World,
  {
    senders,
    ephemeral,
    report,
    names,
    note,
    ...outside
  }: Pick<FactorPorts, 'fetch' | 'log' | 'audit' | 'locate'> & Wires,
  sealer: Sealer,
): Promise<EnabledFactors> {
  const accounts = createAccounts({
    ...{ ...world, durable, directories, audit: { commit: outside.audit } },
    logins: createLogins({ directories, signInWith: config.signInWith, log: outside.log, audit: { note } }),
  });
  const factors = new Map();
  const credentials = createCredentials({ ...world, durable, sealer, factors });
  for (const [id, settings] of config.factors) {
    const module = modules.factors.get(id);
    if (module === undefined) continue;
    const factor = module.create(settings, {
      ...world,
      ...outside,
      password: { verify: accounts.verifyPassword },
      send: (message, account) => senders.send(message, { factor: id, account }),
      report: (account, about) => report(account, about, id),
      limit: createLimits({ ephemeral, now: world.now, log: outside.log, audit: { note } }, id),
      exchange: createExchange(ephemeral, id),
      credentials: {
        byLookup: (key) => credentials.byLookup(id, key),
        ofAccount: async (account) => (await credentials.ofAccount(account)).filter(({ factor }) => factor === id),
        update: credentials.change,
      },
      state: durable.state(`factor:${id}`),
      records: durable.records(`factor:${id}`),
      sealer: sealerFor(`factor:${id}`, sealer),
      serviceName:
        typeof config.name === 'string' ? config.name : (config.name.en ?? Object.values(config.name)[0] ?? ''),
      service: { name: config.name, locales: config.locales },
      issuer: config.issuer,
      identifier: {
        ...(config.signInWith.label ? { label: config.signInWith.label } : {}),
        ...(config.signInWith.hint ? { hint: config.signInWith.hint } : {}),
      },
      nameOf: (application) => names.get(application)?.name ?? application,
      applications: [...config.applications.keys(), ...INTERNAL_APPLICATIONS],
    });
    await factor.start?.();
    factors.set(id, { module, factor });
  }
  return factors;
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
    name: 'the help desk',
    applications: ['sallyport-helpdesk'],
    level: 'phr',
    freshness: 3_600_000,
    remember: 0,
    // A password alone must not become a passkey of an agent's.
    firstEnrolment: false,
  },
];
