import type { Wanted } from '../modules.ts';
import { type Environment, wordsOf } from './environment.ts';
import { isTree, type Tree, valueAt } from './tree.ts';

/**
 * The plug-ins that a configuration names, for what they are loaded. Whether it may is for its check to say, which
 * finds whatever is missed here.
 *
 * @param tree as its file was read
 * @param env variables that may name more of them
 */
export function namedIn(tree: Tree, env: Environment): Wanted {
  const applications = Object.values(treeAt(tree, 'applications')).filter(isTree);
  const types = Object.entries(treeAt(tree, 'directories')).map(([id, it]) => (isTree(it) && it.type) || id);
  const stores = ['durable', 'ephemeral'].flatMap((kind) => [
    valueAt(tree, ['stores', kind, 'type']),
    env[`SALLYPORT_STORES_${kind.toUpperCase()}_TYPE`],
  ]);
  return {
    factors: named(Object.keys(treeAt(tree, 'factors')), 'factors', env),
    doors: named([...Object.keys(treeAt(tree, 'doors')), ...applications.flatMap(Object.keys)], 'doors', env),
    directories: named(types, 'directories', env),
    senders: named(Object.keys(treeAt(tree, 'senders')), 'senders', env),
    stores: new Set(stores.filter((type) => typeof type === 'string')),
  };
}

const treeAt = (tree: Tree, key: string): Tree => (isTree(tree[key]) ? tree[key] : {});

/** Those of a section, and whatever a variable may mean by it. */
function named(ids: readonly unknown[], section: string, env: Environment): ReadonlySet<string> {
  const prefix = `SALLYPORT_${wordsOf(section)}_`;
  const variables = Object.keys(env).filter((name) => name.startsWith(prefix));
  // The id of a plug-in is one word or several, and keys of its own follow.
  const words = variables.flatMap((name) => beginnings(name.slice(prefix.length).toLowerCase().split('_')));
  return new Set([...ids.filter((id) => typeof id === 'string'), ...words]);
}

const beginnings = (words: readonly string[]): string[] =>
  words.map((_, at) =>
    words
      .slice(0, at + 1)
      .filter((word) => word !== '')
      .join('-'),
  );
