import type { Directory, DirectoryPorts, PasswordVerdict, Person } from '../../core/directory.ts';
import { SallyportError } from '../../core/errors.ts';
import { loginsOf, readLogin, type SignInWith } from '../../core/logins.ts';
import type { ProgramRoutes } from '../../core/program.ts';
import type { Hasher } from './hasher.ts';
import { isBounded, passwordFault, preparePassword } from './passwords.ts';
import type { Found, People } from './people.ts';
import { type Change, changed, type Details, personOf, type Stored } from './person.ts';

/** A name that is somebody's already. */
export interface Namesake {
  login: string;
  username: string;
}

/** No key has this form: reading it costs what reading a person's record costs, and finds nothing. */
const NOBODY = 'nobody';

/** People whom the gateway keeps itself. Passwords are checked whatever the status, which the caller asks. */
export class LocalDirectory implements Directory {
  readonly #people: People;
  readonly #hasher: Hasher;
  readonly #ports: Pick<DirectoryPorts, 'now' | 'random' | 'signInWith'>;
  serves?: ProgramRoutes;

  constructor(people: People, hasher: Hasher, ports: Pick<DirectoryPorts, 'now' | 'random' | 'signInWith'>) {
    this.#people = people;
    this.#hasher = hasher;
    this.#ports = ports;
  }

  /** With what programs call. */
  serving(routes: ProgramRoutes): this {
    this.serves = routes;
    return this;
  }

  async find(login: string): Promise<Person | undefined> {
    const found = await this.#people.byLogin(login);
    return found && personOf(found.key, found.person);
  }

  async byEmail(address: string): Promise<Person[]> {
    return (await this.#people.byEmail(address)).map(({ key, person }) => personOf(key, person));
  }

  /** Who else goes by one of the names of this person; undefined where nobody does. */
  async namesake(
    person: { username: string; email?: string | undefined },
    key?: string,
  ): Promise<Namesake | undefined> {
    for (const login of loginsOf(person, this.#ports.signInWith)) {
      const read = readLogin(login, this.#ports.signInWith);
      const named = await Promise.all((read?.usernames ?? []).map((username) => this.find(username)));
      const addressed = read?.email === undefined ? [] : await this.byEmail(read.email);
      const other = [...named, ...addressed].find((one) => one !== undefined && one.key !== key);
      if (other) return { login, username: other.username };
    }
    return undefined;
  }

  async byKey(key: string): Promise<Person | undefined> {
    const found = await this.#people.get(key);
    return found && personOf(key, found.person);
  }

  /** The same work for no person, for one without a password and for a wrong one. Throws BusyError. */
  async verifyPassword(key: string | undefined, password: string): Promise<PasswordVerdict> {
    const prepared = preparePassword(password);
    if (!isBounded(prepared)) return 'wrong';
    const found = await this.#people.get(key ?? NOBODY);
    if (!(await this.#hasher.verify(found?.person.passwordHash, prepared))) return 'wrong';
    if (found) await this.#renew(found, prepared);
    return 'ok';
  }

  /** Hashes again where the parameters have risen. Failing here must not refuse a right password. */
  async #renew(found: Found, prepared: string): Promise<void> {
    if (!this.#hasher.outdated(found.person.passwordHash ?? '')) return;
    try {
      const passwordHash = await this.#hasher.hash(prepared);
      // Compare-and-set: a password changed meanwhile isn't undone.
      await this.#people.replace(found, { ...found.person, passwordHash });
    } catch {
      // Too busy, or the store is away: the next sign-in tries again.
    }
  }

  /** Throws ERR_INPUT for a password that can't be taken, ERR_NOT_FOUND for an unknown key. */
  async changePassword(key: string, password: string): Promise<void> {
    await this.update(key, { passwordHash: await this.hash(password) });
  }

  /** The PHC string of a new password. Throws ERR_INPUT. */
  async hash(password: string): Promise<string> {
    const fault = passwordFault(password);
    if (fault !== undefined) throw new SallyportError('ERR_INPUT', fault);
    return this.#hasher.hash(preparePassword(password));
  }

  /** The new person's key: random, so never used before. Undefined when the user name is taken. */
  async add(details: Details, passwordHash?: string): Promise<string | undefined> {
    const key = Buffer.from(this.#ports.random(16)).toString('base64url');
    const now = this.#ports.now();
    const person: Stored = {
      ...details,
      status: 'active',
      createdAt: now,
      updatedAt: now,
      ...(passwordHash !== undefined && { passwordHash, passwordChangedAt: now }),
    };
    return (await this.#people.insert(key, person)) ? key : undefined;
  }

  /** Changes what is named. Throws ERR_NOT_FOUND. */
  async update(key: string, change: Change): Promise<void> {
    const now = this.#ports.now();
    await this.#people.change(key, (person) => changed(person, change, now));
  }

  async *list(): AsyncGenerator<Person & { hasPassword: boolean }> {
    for await (const { key, person } of this.#people.all()) {
      yield { ...personOf(key, person), hasPassword: person.passwordHash !== undefined };
    }
  }

  get signInWith(): SignInWith {
    return this.#ports.signInWith;
  }

  random(bytes: number): Uint8Array {
    return this.#ports.random(bytes);
  }
}
