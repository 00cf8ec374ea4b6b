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

interface Answer {
  id: string;
  found: Found[];
  /** It has more than one by this name, and doesn't say whom. */
  several?: true;
  away?: unknown;
  failed?: unknown;
}

interface Asked {
  id: string;
  /** It didn't answer the last time. */
  tired: boolean;
  answer: Promise<Answer>;
  /** Once it is there. */
  known?: Answer;
}

const knowsIt = ({ found, several }: Answer): boolean => several === true || found.length > 0;

/** How long people wait for directories that aren't theirs, so that they take as long as others, milliseconds. */
const PATIENCE = 1_000;
/** What one that didn't answer the last time is given, once another has found somebody, milliseconds. */
const GRACE = 500;

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

  /** Those that are asked for a name, in order. */
  const askedFor = (login: Login): string[] =>
    [...directories.keys()].filter((id) => isFor(login, routes.get(id) ?? EVERYBODY, routes.values()));

  const hasPasswords = (id: string): boolean => directories.get(id)?.passwordless !== true;

  /** Those that didn't answer when they were asked last. */
  const silent = new Set<string>();

  /** Whom one knows, or why it can't be asked. */
  async function ask(id: string, login: Login): Promise<Answer> {
    try {
      const found = await inOne(id, login);
      silent.delete(id);
      return { id, found };
    } catch (error) {
      if (hasCode(error, 'ERR_AMBIGUOUS')) {
        silent.delete(id);
        return { id, found: [], several: true };
      }
      if (!hasCode(error, 'ERR_DIRECTORY_UNAVAILABLE')) return { id, found: [], failed: error };
      silent.add(id);
      return { id, found: [], away: error };
    }
  }

  function asking(id: string, login: Login): Asked {
    const it: Asked = { id, tired: silent.has(id), answer: ask(id, login) };
    void it.answer.then((answer) => {
      it.known = answer;
    });
    return it;
  }

  const settled = (milliseconds: number, some: readonly Asked[]) =>
    within(
      milliseconds,
      some.map(({ answer }) => answer),
    );

  /**
   * All are asked, whoever of them knows the name: else the work would tell whether one does, and which. One that is
   * away keeps nobody of another out: who has a password there, or a method, is who they say. But nobody is told that
   * they don't exist. One that hangs is waited for once: as long as it is silent the others come first, and what they
   * find holds unless it answers within a moment. Undefined: nobody goes by it anywhere.
   */
  async function all(typed: string, askable: (id: string) => boolean): Promise<Answer | undefined> {
    const login = readLogin(typed, signInWith);
    if (login === undefined) return undefined;
    const asked = askedFor(login)
      .filter(askable)
      .map((id) => asking(id, login));
    const inTurn = [...asked.filter(({ tired }) => !tired), ...asked.filter(({ tired }) => tired)];
    let away: unknown;
    for (const it of inTurn) {
      const answer = await it.answer;
      const { id, failed, away: cause } = answer;
      if (failed !== undefined) throw failed;
      if (knowsIt(answer)) {
        const at = asked.indexOf(it);
        await settled(
          PATIENCE,
          asked.slice(at + 1).filter((other) => !silent.has(other.id)),
        );
        const before = asked.slice(0, at).filter(({ tired }) => tired);
        await settled(GRACE, before);
        return before.flatMap(({ known }) => known ?? []).find(knowsIt) ?? answer;
      }
      if (cause === undefined) continue;
      deps.log.warn({ directory: id, error: String(cause) }, 'a directory can’t be asked who somebody is');
      away ??= cause;
    }
    if (away !== undefined) throw away;
    return undefined;
  }

  const nameOf = (typed: string): string => readLogin(typed, signInWith)?.name ?? foldName(typed.slice(0, 256)) ?? '';

  async function one(typed: string, askable: (id: string) => boolean): Promise<Found | undefined> {
    const answer = await all(typed, askable);
    if (answer === undefined) return undefined;
    const { id, found, several } = answer;
    if (!several && found.length < 2) return found[0];
    const people = several ? [`${id}: several`] : found.map((it) => `${it.directory}: ${it.person.username}`);
    deps.audit.note({ event: 'sign-in.ambiguous', people });
    deps.log.warn({ people }, 'a name could be several people, and signs nobody in');
    return undefined;
  }

  return {
    find: (typed: string): Promise<Found | undefined> => one(typed, () => true),

    /** For whoever types it beside a password: where there are none, nobody is meant, and no work is done. */
    withPassword: (typed: string): Promise<Found | undefined> => one(typed, hasPasswords),

    /** The same of all that a person goes by. */
    namesOf: (person: Pick<Person, 'username' | 'aliases' | 'email'>): string[] => [
      ...new Set(loginsOf(person, signInWith).map(nameOf)),
    ],

    /** Where somebody by this name could have a password, in the order in which that is asked. */
    placesOf(typed: string): string[] {
      const login = readLogin(typed, signInWith);
      return login === undefined ? [] : askedFor(login).filter(hasPasswords);
    },

    /** What attempts under this name are counted by, whoever goes by it: without domain or realm. */
    nameOf,
  };
}

export type Logins = ReturnType<typeof createLogins>;

/** Waits for all, but no longer than so many milliseconds. */
async function within(milliseconds: number, all: readonly Promise<unknown>[]): Promise<void> {
  if (all.length === 0) return;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((done) => {
    timer = setTimeout(done, milliseconds);
  });
  await Promise.race([late, Promise.all(all)]);
  clearTimeout(timer);
}
