import type { Changes, Directory, DirectoryPorts } from '../../core/directory.ts';
import { createGroups } from './groups.ts';
import { createPasswords } from './passwords.ts';
import { createPeople, type Found, type People } from './people.ts';
import { createPool } from './pool.ts';
import { presetOf } from './presets.ts';
import { createServers } from './servers.ts';
import type { Settings } from './settings.ts';
import { createThreshold } from './threshold.ts';
import type { Naming } from './tokens.ts';
import { createChanges } from './watch.ts';

export type Wires = Pick<DirectoryPorts, 'now' | 'log'>;

/** One tree of entries, and the servers that hold all of it. */
export interface Domain extends Pick<Directory, 'verifyPassword' | 'changePassword'> {
  base: string;
  people: People;
  changes: Changes;
  lockout: NonNullable<Directory['lockout']>;
  close(): Promise<void>;
}

/** A directory, of one domain or of several. */
export interface Tree extends Omit<Directory, 'find'> {
  /** Whom a name means, and where they are. */
  lookUp(username: string): Promise<Found | undefined>;
}

/** Whom the servers are read as. */
export const serviceOf = ({ bindDn, bindPassword }: Settings) => ({ dn: bindDn, password: bindPassword });

/** `naming`: where groups are called by their names, where these servers don't know all of them. */
export function createDomain(settings: Settings, { now, log }: Wires, naming?: Naming): Domain {
  const servers = createServers(settings.servers, settings, { now, log });
  const pool = createPool(servers, serviceOf(settings), settings, now);
  const groups = createGroups(settings, presetOf(settings.preset), pool, now, naming);
  const people = createPeople(settings, { pool, groups, now, log });
  const passwords = createPasswords(settings, { people, pool, servers, log });
  return {
    ...{ base: settings.base, people },
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
