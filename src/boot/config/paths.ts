import { accessSync, constants } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Modules } from '../modules.ts';
import type { Fault } from './faults.ts';
import { keepsFile } from './plug-ins.ts';
import { isTree, type Tree, valueAt, withValue } from './tree.ts';

/** Files that the configuration itself names. */
const OWN_FILES = [
  ['listen', 'tls', 'cert'],
  ['listen', 'tls', 'key'],
  ['geoip', 'database'],
  ['passwordPolicy', 'breached', 'file'],
  ...['logo', 'logoDark', 'icon', 'templates'].map((key) => ['branding', key]),
];

/** Makes the paths of a configuration absolute: they are relative to the folder of its file. */
export function withPaths(tree: Tree, folder: string, modules: Modules): Tree {
  const data = typeof tree.data === 'string' && tree.data !== '' ? resolve(folder, tree.data) : undefined;
  const stores = [
    ['durable', modules.stores.durable, 'sallyport.db'],
    ['ephemeral', modules.stores.ephemeral, 'ephemeral.db'],
  ] as const;
  let result = OWN_FILES.reduce((done, path) => absolute(done, path, folder), tree);
  for (const [kind, found, file] of stores) {
    const type = valueAt(tree, ['stores', kind, 'type']);
    if (typeof type !== 'string' || !keepsFile(found.get(type))) continue;
    const path = ['stores', kind, 'file'];
    if (valueAt(tree, path) !== undefined) result = absolute(result, path, folder);
    else if (data !== undefined) result = set(result, path, join(data, file));
  }
  for (const path of iconFiles(tree)) result = absolute(result, path, folder);
  for (const path of namedFiles(tree, modules)) result = absolute(result, path, folder);
  return data === undefined ? result : set(result, ['data'], data);
}

/** Pictures of applications that lie here; others are fetched. */
function iconFiles({ applications }: Tree): string[][] {
  const all = isTree(applications) ? Object.entries(applications) : [];
  return all
    .filter(([, it]) => isTree(it) && typeof it.icon === 'string' && !isWebAddress(it.icon))
    .map(([id]) => ['applications', id, 'icon']);
}

export const isWebAddress = (text: string): boolean => /^https?:\/\//i.test(text);

/** Where applications name files, by what their doors say, and directories, by what their modules say. */
function namedFiles({ applications, directories }: Tree, modules: Modules): string[][] {
  const ids = isTree(applications) ? Object.keys(applications) : [];
  const ofApplications = [...modules.doors].flatMap(([door, { files = [] }]) =>
    ids.flatMap((id) => files.map((file) => ['applications', id, door, ...file])),
  );
  const named = isTree(directories) ? Object.entries(directories) : [];
  const ofDirectories = named.flatMap(([id, settings]) => {
    const type = isTree(settings) && typeof settings.type === 'string' ? settings.type : id;
    return (modules.directories.get(type)?.files ?? []).map((file) => ['directories', id, ...file]);
  });
  return [...ofApplications, ...ofDirectories];
}

function absolute(tree: Tree, path: readonly string[], folder: string): Tree {
  const value = valueAt(tree, path);
  return typeof value === 'string' && value !== '' ? set(tree, path, resolve(folder, value)) : tree;
}

function set(tree: Tree, path: readonly string[], value: string): Tree {
  const result = withValue(tree, path, value);
  return isTree(result) ? result : tree;
}

/** Files that must be there before the start: those of applications needn't, others write them. */
export function unreadableFiles(tree: Tree): Fault[] {
  return OWN_FILES.flatMap((path) => {
    const file = valueAt(tree, path);
    if (typeof file !== 'string' || file === '') return [];
    try {
      accessSync(file, constants.R_OK);
      return [];
    } catch (error) {
      return [{ path, message: `the file ${file} can't be read: ${(error as NodeJS.ErrnoException).code}` }];
    }
  });
}
