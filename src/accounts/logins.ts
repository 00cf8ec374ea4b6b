import type { Person } from '../core/directory.ts';
import { hasCode } from '../core/errors.ts';
import { foldName, isFor, type Login, loginsOf, type Route, readLogin } from '../core/logins.ts';
import type { AccountsNeeds } from './needs.ts';

const EVERYBODY: Route = { realms: [], domains: [] };

/** A person, and the directory that knows them. */
export interface Found {
  directory: string;
  person: Person;
}

/**
 * Whom a name means: somebody of the first directory that knows it. Of two people there it means nobody, whoever is
 * the owner of it: one who could choose an address or a user name would sign in as another or be kept out.
 */
export function createLogins(
  deps: Pick<AccountsNeeds, 'directories' | 'routes' | 'signInWith' | 'log'> & {
    audit: Pick<AccountsNeeds['audit'], 'note'>;
  },
) {
  const { directories, routes, signInWith } = deps;

  async function inOne(directory: string, { usernames, email }: Login): Promise<Found[]> {
    const it = directories.get(directory);
    const named = await Promise.all(usernames.map((username) => it?.find(username)));
    const addressed = email === undefined ? [] : ((await it?.byEmail?.(email)) ?? []);
    const people = [...named, ...addressed].flatMap((person) => person ?? []);
    return [...new Map(people.map((person) => [person.key, { directory, person }])).values()];
  }

  /**
   * One that is away keeps nobody of another out: who has a password there, or a method, is who they say. But nobody is
   * told that they don't exist.
   */
  async function all(typed: string): Promise<Found[]> {
    const login = readLogin(typed, signInWith);
    if (login === undefined) return [];
    let away: unknown;
    for (const id of directories.keys()) {
      if (!isFor(login, routes.get(id) ?? EVERYBODY, routes.values())) continue;
      try {
        const found = await inOne(id, login);
        if (found.length > 0) return found;
      } catch (error) {
        if (!hasCode(error, 'ERR_DIRECTORY_UNAVAILABLE')) throw error;
        deps.log.warn({ directory: id, error: String(error) }, 'a directory can’t be asked who somebody is');
        away ??= error;
      }
    }
    if (away !== undefined) throw away;
    return [];
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
    namesOf: (person: Pick<Person, 'username' | 'aliases' | 'email'>): string[] => [
      ...new Set(loginsOf(person, signInWith).map(nameOf)),
    ],

    /** What attempts under this name are counted by, whoever goes by it: without domain or realm. */
    nameOf,
  };
}

export type Logins = ReturnType<typeof createLogins>;
