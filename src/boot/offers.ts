import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Command } from '../core/directory.ts';

/** What the command line needs to know of a command that runs where the data is. */
export type Offer = Omit<Command<never>, 'run'> & {
  /** Of a directory, of which several may be configured. */
  ofDirectory?: true;
};

/** Commands, and of their first words (`user`) what they are about. */
export interface Offers {
  commands: readonly Offer[];
  groups: Readonly<Record<string, string>>;
}

/** Kinds of plug-in that bring commands. */
const KINDS = ['directories', 'doors', 'factors'] as const;

/**
 * The commands of every plug-in, without loading one: each says what it offers in `commands.ts` of its folder, by
 * `commands` and `groups`, and loads what a command does when that is run.
 *
 * @param source folder that holds the kinds' folders, as a `file:` URL ending in a slash
 * @throws TypeError naming the file that says it wrongly
 */
export async function loadOffers(source: URL = new URL('../', import.meta.url)): Promise<Offers> {
  const commands: Offer[] = [];
  const groups: Record<string, string> = {};
  for (const kind of KINDS) {
    const folder = new URL(`${kind}/`, source);
    for (const id of await subfolders(folder)) {
      const found = await offersOf(new URL(`${id}/`, folder));
      const offered = found?.commands ?? [];
      commands.push(
        ...(kind === 'directories' ? offered.map((it) => ({ ...it, ofDirectory: true as const })) : offered),
      );
      for (const [group, about] of Object.entries(found?.groups ?? {})) groups[group] ??= about;
    }
  }
  return { commands, groups };
}

/**
 * What one plug-in offers; undefined if nothing.
 *
 * @throws TypeError naming the file that says it wrongly
 */
export async function offersOf(plugIn: URL): Promise<Offers | undefined> {
  const file = new URL('commands.ts', plugIn);
  if (!existsSync(file)) return undefined;
  const { commands, groups = {} } = (await import(file.href)) as Partial<Offers>;
  const path = fileURLToPath(file);
  if (!Array.isArray(commands)) throw new TypeError(`${path}: exports no list of commands`);
  for (const { name } of commands as readonly Offer[]) {
    const [group = '', word, ...more] = name.split(' ');
    if (!word || more.length > 0) throw new TypeError(`${path}: ${name} must be two words, as user add`);
    if (!groups[group]) throw new TypeError(`${path}: its groups don't say what ${group} is about`);
  }
  return { commands, groups };
}

/** Where a command comes from, as `factors.push`; undefined if no factor or door that is installed offers it. */
export async function offeredBy(
  name: string,
  source: URL = new URL('../', import.meta.url),
): Promise<string | undefined> {
  for (const kind of ['factors', 'doors']) {
    const folder = new URL(`${kind}/`, source);
    for (const id of await subfolders(folder)) {
      const found = await offersOf(new URL(`${id}/`, folder));
      if (found?.commands.some((command) => command.name === name)) return `${kind}.${id}`;
    }
  }
  return undefined;
}

/** Names of the folders in a folder, sorted; none if it isn't there. */
export async function subfolders(folder: URL): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
