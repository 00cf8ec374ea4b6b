import type { Person } from '../core/directory.ts';
import { foldName, loginsOf, readLogin } from '../core/logins.ts';
import type { AccountsNeeds } from './needs.ts';

/** A person, and the directory that knows them. */
export interface Found {
  directory: string;
  person: Person;
}

/**
 * Whom a name means. Of two it means nobody, whoever is the owner of it: one who could choose an address or a user
 * name, elsewhere perhaps, would sign in as another or be kept out.
 */
export function createLogins(
  deps: Pick<AccountsNeeds, 'directories' | 'signInWith' | 'log'> & { audit: Pick<AccountsNeeds['audit'], 'note'> },
) {
  const { directories, signInWith } = deps;

  async function all(typed: string): Promise<Found[]> {
    const login = readLogin(typed, signInWith);
    if (login === undefined) return [];
    const people = new Map<string, Found>();
    for (const [id, directory] of directories) {
      const named = await Promise.all(login.usernames.map((username) => directory.find(username)));
      const addressed = login.email === undefined ? [] : ((await directory.byEmail?.(login.email)) ?? []);
      for (const person of [...named, ...addressed]) {
        if (person) people.set(JSON.stringify([id, person.key]), { directory: id, person });
      }
    }
    return [...people.values()];
  }

  const nameOf = (typed: string): string => readLogin(typed, signInWith)?.name ?? foldName(typed.slice(0, 256)) ?? '';

  return {
    async find(typed: string): Promise<Found | undefined> {
      const found = await all(typed);
      if (found.length < 2) return found[0];
      const people = found.map(({ directory, person }) => `${directory}: ${person.username}`);
      deps.audit.note({ event: 'sign-in.ambiguous', people });
      deps.log.warn({ people }, 'a name could be several people, and signs nobody in');
      return undefined;
    },

    /** The same of all that a person goes by. */
    namesOf: (person: Pick<Person, 'username' | 'email'>): string[] => [
      ...new Set(loginsOf(person, signInWith).map(nameOf)),
    ],

    /** What attempts under this name are counted by, whoever goes by it: without domain or realm. */
    nameOf,
  };
}

export type Logins = ReturnType<typeof createLogins>;
