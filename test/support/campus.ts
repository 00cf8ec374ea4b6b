import { z } from 'zod';
import type { Directory, DirectoryModule, PasswordVerdict, Person } from '../../src/core/directory.ts';
import { SallyportError } from '../../src/core/errors.ts';
import { PASSWORD } from './gateway.ts';

/** A directory elsewhere, whose answers a test chooses. */
export interface Campus {
  module: DirectoryModule;
  people: Map<string, Person>;
  /** What is said of the right password. */
  says: PasswordVerdict;
  away: boolean;
  /** Passwords set here, with the present one as it was handed over. */
  changes: { key: string; next: string; current: string | undefined }[];
  add(person: Partial<Person> & { key: string }): void;
}

/** `changes`: whether it changes passwords. */
export function campus({ changes = true }: { changes?: boolean } = {}): Campus {
  const passwords = new Map<string, string>();
  const it: Campus = {
    people: new Map(),
    says: 'ok',
    away: false,
    changes: [],
    add: ({ key, ...more }) => {
      it.people.set(key, { key, username: key, name: key, status: 'active', groups: [], ...more });
    },
    module: { id: 'campus', settings: z.strictObject({}).prefault({}), create: () => directory },
  };
  const present = <T>(answer: () => T): T => {
    if (it.away) throw new SallyportError('ERR_DIRECTORY_UNAVAILABLE', 'campus is away');
    return answer();
  };
  const named = (name: string) =>
    [...it.people.values()].find(({ username, aliases = [] }) => [username, ...aliases].includes(name));
  const directory: Directory = {
    find: async (name) => present(() => named(name)),
    byKey: async (key) => present(() => it.people.get(key)),
    async verifyPassword(key, password) {
      if (it.away) return 'unavailable';
      if (key === undefined || password !== (passwords.get(key) ?? PASSWORD)) return 'wrong';
      return it.says;
    },
    ...(changes && {
      async changePassword(key, next, current) {
        it.changes.push({ key, next, current });
        passwords.set(key, next);
        it.says = 'ok';
      },
    }),
  };
  return it;
}
