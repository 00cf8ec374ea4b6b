import type { LineFault } from '../../core/csv.ts';
import { foldName, loginsOf, readLogin } from '../../core/logins.ts';
import type { LocalDirectory } from './directory.ts';
import type { Entry } from './entry.ts';

/** A person as they are after the import. */
interface Planned {
  line: number;
  key?: string;
  username: string;
  email?: string | undefined;
  /** The address is another one than before, or none. */
  moved: boolean;
}

async function plan(entries: readonly Entry[], directory: LocalDirectory): Promise<Planned[]> {
  return Promise.all(
    entries.map(async ({ line, key, username, change }) => {
      const present = key === undefined ? undefined : await directory.byKey(key);
      const moved = 'email' in change;
      const email = moved ? change.email : present?.email;
      return { line, ...(key === undefined ? {} : { key }), username: present?.username ?? username, email, moved };
    }),
  );
}

/**
 * Rows whose person would go by a name by which one could mean somebody else, in the file or in the directory: nobody
 * could sign in by it. User names that are the same are faults of their own.
 */
export async function findNamesakes(entries: readonly Entry[], directory: LocalDirectory): Promise<LineFault[]> {
  const people = await plan(entries, directory);
  const byUsername = Map.groupBy(people, ({ username }) => foldName(username));
  const byEmail = Map.groupBy(people, ({ email }) => (email === undefined ? undefined : foldName(email)));
  const moved = new Set(people.flatMap((person) => (person.moved && person.key !== undefined ? [person.key] : [])));
  const faults: LineFault[] = [];

  const other = async (person: Planned, login: string): Promise<string | undefined> => {
    const read = readLogin(login, directory.signInWith);
    const names = (read?.usernames ?? []).filter((name) => name !== foldName(person.username));
    const address = read?.email;
    const inFile = [
      ...names.flatMap((name) => byUsername.get(name) ?? []),
      ...(address ? (byEmail.get(address) ?? []) : []),
    ];
    const row = inFile.find((one) => one !== person && foldName(one.username) !== foldName(person.username));
    if (row) return `${row.username} of line ${row.line}`;
    const named = await Promise.all(names.map((name) => directory.find(name)));
    const addressed = address ? (await directory.byEmail(address)).filter(({ key }) => !moved.has(key)) : [];
    return [...named, ...addressed].find((one) => one !== undefined && one.key !== person.key)?.username;
  };

  for (const person of people) {
    for (const login of loginsOf(person, directory.signInWith)) {
      const found = await other(person, login);
      if (found === undefined) continue;
      faults.push({ line: person.line, message: `by ${JSON.stringify(login)} one could mean ${found} as well` });
      break;
    }
  }
  return faults;
}
