import type { Person } from '../core/directory.ts';
import { hasCode, SallyportError } from '../core/errors.ts';
import { foldName, isFor, type Login, loginsOf, type Route, readLogin } from '../core/logins.ts';
import type { linkedThrough } from './links.ts';
import type { AccountsNeeds } from './needs.ts';

const EVERYBODY: Route = { realms: [], domains: [] };

type LinkedTo = ReturnType<typeof linkedThrough>;

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

/** One for each account: whoever was linked to another's goes by that one, which comes in their place. */
async function ofEach(found: readonly Found[], linkedTo: LinkedTo): Promise<Found[]> {
  const owners = new Map<string, Found>();
  for (const it of found) {
    const [directory, key] = [it.directory, it.person.key];
    const linked = await linkedTo(directory, key);
    const owner = JSON.stringify(linked ? [linked.directory, linked.directoryKey] : [directory, key]);
    if (linked === undefined || !owners.has(owner)) owners.set(owner, it);
  }
  return [...owners.values()];
}

/**
 * What another house calls somebody is its choice, or theirs: by that a name means them only if nobody else goes by it.
 * Throws while one of the others can't be asked: else whoever chose a namesake there would be in their place.
 */
async function alone(asked: readonly Asked[], linkedTo: LinkedTo): Promise<Answer[]> {
  const answers = await Promise.all(asked.map(({ answer }) => answer));
  for (const { failed, away } of answers) {
    const cause = failed ?? away;
    if (cause !== undefined) throw cause;
  }
  const kept = new Set(
    await ofEach(
      answers.flatMap(({ found }) => found),
      linkedTo,
    ),
  );
  return answers.map((answer) => ({ ...answer, found: answer.found.filter((it) => kept.has(it)) })).filter(knowsIt);
}

/** The first of them, and how people read who they are. */
function inAll(answers: readonly Answer[]): { found: Found | undefined; people: string[] } {
  const people = answers.flatMap(({ id, found, several }) =>
    several ? [`${id}: several`] : found.map(({ directory, person }) => `${directory}: ${person.username}`),
  );
  return { found: answers.flatMap(({ found }) => found)[0], people };
}

/**
 * Whom a name means: somebody of the first directory that knows it. Of two people there it means nobody, whoever is
 * the owner of it: one who could choose an address or a user name would sign in as another or be kept out. A name of a
 * directory without passwords is somebody's only where no other directory knows it.
 */
export function createLogins(
  deps: Pick<AccountsNeeds, 'directories' | 'routes' | 'signInWith' | 'log'> & {
    audit: Pick<AccountsNeeds['audit'], 'note'>;
    linkedTo: LinkedTo;
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

  /**
   * All are asked, whoever of them knows the name: else the work would tell whether one does, and which. One that is
   * away keeps nobody of another out: who has a password there, or a method, is who they say. But nobody is told that
   * they don't exist. One that hangs is waited for once: as long as it is silent the others come first, and what they
   * find holds unless it answers within a moment. Undefined: nobody goes by it anywhere.
   */
  async function first(asked: readonly Asked[]): Promise<Answer | undefined> {
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

  function askAll(typed: string, askable: (id: string) => boolean): Asked[] {
    const login = readLogin(typed, signInWith);
    if (login === undefined) return [];
    return askedFor(login)
      .filter(askable)
      .map((id) => asking(id, login));
  }

  /** Who it is, or who all could be. */
  function only(answers: readonly Answer[]): { found?: Found | undefined; people?: string[] } {
    const { found, people } = inAll(answers);
    if (people.length < 2 && !answers.some(({ several }) => several)) return { found };
    deps.audit.note({ event: 'sign-in.ambiguous', people });
    deps.log.warn({ people }, 'a name could be several people, and signs nobody in');
    return { people };
  }

  async function named(typed: string) {
    const asked = askAll(typed, () => true);
    const answer = await first(asked);
    if (answer === undefined) return {};
    return only(hasPasswords(answer.id) ? [answer] : await alone(asked, deps.linkedTo));
  }

  return {
    /** Where nobody proves anything by it. */
    find: async (typed: string): Promise<Found | undefined> => (await named(typed)).found,

    /** The same for operators. Throws ERR_AMBIGUOUS, with all who could be meant. */
    async meant(typed: string): Promise<Found | undefined> {
      const { found, people } = await named(typed);
      if (people === undefined) return found;
      const all = people.join(', ');
      throw new SallyportError('ERR_AMBIGUOUS', `${typed} could be ${all}: give a name that one of them alone has`);
    },

    /** For whoever types it beside a password: where there are none, nobody is meant, and no work is done. */
    async withPassword(typed: string): Promise<Found | undefined> {
      const answer = await first(askAll(typed, hasPasswords));
      return answer && only([answer]).found;
    },

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
async function settled(milliseconds: number, some: readonly Asked[]): Promise<void> {
  if (some.length === 0) return;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((done) => {
    timer = setTimeout(done, milliseconds);
  });
  await Promise.race([late, Promise.all(some.map(({ answer }) => answer))]);
  clearTimeout(timer);
}
