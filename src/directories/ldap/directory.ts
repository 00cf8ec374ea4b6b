import type { Directory, DirectoryPorts, Person } from '../../core/directory.ts';
import { createGroups } from './groups.ts';
import { createPasswords } from './passwords.ts';
import { createPeople, type People } from './people.ts';
import { createPool, type Pool } from './pool.ts';
import { presetOf } from './presets.ts';
import { createServers, type Servers } from './servers.ts';
import type { Settings } from './settings.ts';
import { createThreshold } from './threshold.ts';
import { createChanges } from './watch.ts';

/** A directory over LDAP, and what its own command looks at. */
export interface LdapDirectory extends Directory {
  readonly settings: Settings;
  readonly people: People;
  readonly servers: Servers;
  readonly pool: Pool;
  now(): number;
}

export function createDirectory(settings: Settings, { now, log }: Pick<DirectoryPorts, 'now' | 'log'>): LdapDirectory {
  const servers = createServers(settings.servers, settings, { now, log });
  const pool = createPool(servers, { dn: settings.bindDn, password: settings.bindPassword }, settings.connections, now);
  const groups = createGroups(settings, presetOf(settings.preset), pool, now);
  const people = createPeople(settings, { pool, groups, now, log });
  const passwords = createPasswords(settings, { people, pool, servers, log });
  const personOf = (found: { person: Person } | undefined): Person | undefined => found?.person;
  return {
    ...{ settings, people, servers, pool, now },
    find: async (username) => personOf(await people.byName(username)),
    byEmail: people.byEmail,
    byKey: async (key) => personOf(await people.byKey(key)),
    list: people.list,
    changes: createChanges(settings, { pool, now }),
    verifyPassword: passwords.verify,
    ...(passwords.change && { changePassword: passwords.change }),
    lockout: createThreshold(settings, { pool, now, log }),
    async close() {
      await passwords.close();
      await pool.close();
    },
  };
}
