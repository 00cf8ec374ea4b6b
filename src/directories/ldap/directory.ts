import type { Directory } from '../../core/directory.ts';
import { createDomain, type Tree, type Wires } from './domain.ts';
import { createForest } from './forest.ts';
import type { Settings } from './settings.ts';

/** A directory over LDAP, and what its own command looks at. */
export interface LdapDirectory extends Directory, Pick<Tree, 'lookUp'> {
  readonly settings: Settings;
  now(): number;
}

export function createDirectory(settings: Settings, { now, log }: Wires): LdapDirectory {
  const catalog = settings.globalCatalog;
  const { lookUp, ...directory } = catalog
    ? createForest(settings, catalog, { now, log })
    : createTree(settings, { now, log });
  return { ...directory, ...{ settings, now, lookUp }, find: async (username) => (await lookUp(username))?.person };
}

/** Of one domain. */
function createTree(settings: Settings, wires: Wires): Tree {
  const { people, base: _, ...domain } = createDomain(settings, wires);
  return {
    ...domain,
    lookUp: people.byName,
    byEmail: async (address) => (await people.byEmail(address)).map(({ person }) => person),
    byKey: async (key) => (await people.byKey(key))?.person,
    list: people.list,
  };
}
