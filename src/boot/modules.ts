import { fileURLToPath } from 'node:url';
import type { DirectoryModule } from '../core/directory.ts';
import type { CoreModule, DoorModule } from '../core/door.ts';
import type { FactorModule } from '../core/factor.ts';
import type { SenderModule } from '../core/sender.ts';
import type { DurableModule, EphemeralModule } from '../core/store.ts';
import { offersOf, subfolders } from './offers.ts';

/** Plug-ins by id: all that are installed, or those that a configuration names. */
export interface Modules {
  factors: ReadonlyMap<string, FactorModule>;
  doors: ReadonlyMap<string, DoorModule | CoreModule>;
  directories: ReadonlyMap<string, DirectoryModule>;
  senders: ReadonlyMap<string, SenderModule>;
  stores: { durable: ReadonlyMap<string, DurableModule>; ephemeral: ReadonlyMap<string, EphemeralModule> };
  /** Loads what is installed and isn't there yet, where not all is. */
  complete?(): Promise<void>;
}

/** Ids of plug-ins, by kind. */
export type Wanted = Readonly<Record<'factors' | 'doors' | 'directories' | 'senders' | 'stores', ReadonlySet<string>>>;

/** Plug-ins that are loaded when they are wanted, and stay. */
export interface GrowingModules extends Modules {
  load(wanted: Wanted): Promise<void>;
  complete(): Promise<void>;
}

type StoreModule = DurableModule | EphemeralModule;

/** Where the kinds' folders lie. */
const SOURCE = new URL('../', import.meta.url);

/**
 * Finds the plug-ins: each folder of `factors`, `doors`, `directories`, `senders` and `stores` is one, its
 * name is the id, and its `index.ts` exports the module as default. A kind without a folder has none;
 * a broken module throws, since a gateway without one of its parts must not start.
 *
 * @param source folder that holds the kinds' folders, as a `file:` URL ending in a slash
 */
export async function loadModules(source: URL = SOURCE): Promise<Modules> {
  const modules = growingModules(source);
  await modules.complete();
  return modules;
}

/** None of the plug-ins at first: what nobody enabled costs a server neither its start nor its memory. */
export function growingModules(source: URL = SOURCE): GrowingModules {
  const factors = new Map<string, FactorModule>();
  const doors = new Map<string, DoorModule | CoreModule>();
  const directories = new Map<string, DirectoryModule>();
  const senders = new Map<string, SenderModule>();
  const durable = new Map<string, DurableModule>();
  const ephemeral = new Map<string, EphemeralModule>();
  async function load(wanted?: Wanted): Promise<void> {
    const found = await Promise.all([
      loadKind<FactorModule>(source, 'factors', 'create', wanted),
      loadKind<DoorModule | CoreModule>(source, 'doors', 'create', wanted),
      loadKind<DirectoryModule>(source, 'directories', 'create', wanted),
      loadKind<SenderModule>(source, 'senders', 'create', wanted),
      loadKind<StoreModule>(source, 'stores', 'open', wanted),
    ]);
    const stores = byKind(found[4]);
    add(factors, found[0]);
    add(doors, found[1]);
    add(directories, found[2]);
    add(senders, found[3]);
    add(durable, stores.durable);
    add(ephemeral, stores.ephemeral);
  }
  return { factors, doors, directories, senders, stores: { durable, ephemeral }, load, complete: () => load() };
}

/** In the order of their names, whenever they came. */
function add<T>(to: Map<string, T>, more: ReadonlyMap<string, T>): void {
  const all = [...to, ...more].sort(([one], [other]) => (one < other ? -1 : 1));
  to.clear();
  for (const [id, module] of all) to.set(id, module);
}

async function loadKind<T extends { id: string }>(
  source: URL,
  kind: keyof Wanted,
  method: 'create' | 'open',
  wanted: Wanted | undefined,
): Promise<Map<string, T>> {
  const folder = new URL(`${kind}/`, source);
  const modules = new Map<string, T>();
  for (const id of await subfolders(folder)) {
    if (wanted !== undefined && !wanted[kind].has(id)) continue;
    const file = new URL(`${id}/index.ts`, folder);
    const { default: found } = (await import(file.href)) as { default?: T };
    checkModule(fileURLToPath(file), id, method, found);
    await checkCommands(fileURLToPath(file), new URL('./', file), found);
    modules.set(id, found);
  }
  return modules;
}

function checkModule<T extends { id: string }>(
  file: string,
  id: string,
  method: 'create' | 'open',
  found: T | undefined,
): asserts found is T {
  if (found === undefined) throw new TypeError(`${file}: has no default export`);
  if (found.id !== id) throw new TypeError(`${file}: its id is ${found.id}, its folder ${id}: they must be the same`);
  const parts = found as Readonly<Record<string, unknown>>;
  if (typeof parts[method] !== 'function') throw new TypeError(`${file}: has no ${method}()`);
  const settings = parts.settings as { safeParse?: unknown } | undefined;
  if (typeof settings?.safeParse !== 'function') throw new TypeError(`${file}: its settings aren't a zod schema`);
}

/** The command line shows what `commands.ts` offers, and a server runs what the module brings: one list. */
async function checkCommands(file: string, folder: URL, found: { id: string; commands?: unknown }): Promise<void> {
  const offered = (await offersOf(folder))?.commands;
  if (found.commands !== offered)
    throw new TypeError(`${file}: its commands must be those that its commands.ts exports`);
}

function byKind(stores: ReadonlyMap<string, StoreModule>): Modules['stores'] {
  const durable = new Map<string, DurableModule>();
  const ephemeral = new Map<string, EphemeralModule>();
  for (const [id, store] of stores) {
    if (store.kind === 'durable') durable.set(id, store);
    else if (store.kind === 'ephemeral') ephemeral.set(id, store);
    else throw new TypeError(`store ${id}: its kind is neither durable nor ephemeral`);
  }
  return { durable, ephemeral };
}
