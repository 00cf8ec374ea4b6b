import { fileURLToPath } from 'node:url';
import type { DirectoryModule } from '../core/directory.ts';
import type { CoreModule, DoorModule } from '../core/door.ts';
import type { FactorModule } from '../core/factor.ts';
import type { SenderModule } from '../core/sender.ts';
import type { DurableModule, EphemeralModule } from '../core/store.ts';
import { offersOf, subfolders } from './offers.ts';

/** Every plug-in found, by id. */
export interface Modules {
  factors: ReadonlyMap<string, FactorModule>;
  doors: ReadonlyMap<string, DoorModule | CoreModule>;
  directories: ReadonlyMap<string, DirectoryModule>;
  senders: ReadonlyMap<string, SenderModule>;
  stores: { durable: ReadonlyMap<string, DurableModule>; ephemeral: ReadonlyMap<string, EphemeralModule> };
}

type StoreModule = DurableModule | EphemeralModule;

/**
 * Finds the plug-ins: each folder of `factors`, `doors`, `directories`, `senders` and `stores` is one, its
 * name is the id, and its `index.ts` exports the module as default. A kind without a folder has none;
 * a broken module throws, since a gateway without one of its parts must not start.
 *
 * @param source folder that holds the kinds' folders, as a `file:` URL ending in a slash
 */
export async function loadModules(source: URL = new URL('../', import.meta.url)): Promise<Modules> {
  const [factors, doors, directories, senders, stores] = await Promise.all([
    load<FactorModule>(source, 'factors', 'create'),
    load<DoorModule | CoreModule>(source, 'doors', 'create'),
    load<DirectoryModule>(source, 'directories', 'create'),
    load<SenderModule>(source, 'senders', 'create'),
    load<StoreModule>(source, 'stores', 'open'),
  ]);
  return { factors, doors, directories, senders, stores: byKind(stores) };
}

async function load<T extends { id: string }>(
  source: URL,
  kind: string,
  method: 'create' | 'open',
): Promise<Map<string, T>> {
  const folder = new URL(`${kind}/`, source);
  const modules = new Map<string, T>();
  for (const id of await subfolders(folder)) {
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
