import type { Directory, DirectoryPorts, PasswordVerdict, Person } from '../../core/directory.ts';
import { PasswordRefusedError, SallyportError } from '../../core/errors.ts';
import { emailKey, loginsOf, readLogin, type SignInWith } from '../../core/logins.ts';
import type { ProgramRoutes } from '../../core/program.ts';
import type { Alone } from '../../core/store.ts';
import type { Hasher } from './hasher.ts';
import { generatePassword, isBounded, passwordFault, preparePassword } from './passwords.ts';
import type { Found, People } from './people.ts';
import { type Change, changed, type Details, personOf, type Stored } from './person.ts';

/** What somebody goes by. */
type Named = Pick<Stored, 'username' | 'email'>;

/** A name that is somebody's already. */
export interface Namesake {
  login: string;
  username: string;
}

/** No key has this form: reading it costs what reading a person's record costs, and finds nothing. */
const NOBODY = 'nobody';

/** A password that is made may lack a digit, or be on a list; from half of them on it has capitals and symbols. */
const TRIES = 40;

/** People whom the gateway keeps itself. Passwords are checked whatever the status, which the caller asks. */
export class LocalDirectory implements Directory {
  readonly #people: People;
  readonly #hasher: Hasher;
  readonly #ports: Pick<DirectoryPorts, 'now' | 'random' | 'signInWith' | 'passwords'>;
  serves?: ProgramRoutes;

  constructor(
    people: People,
    hasher: Hasher,
    ports: Pick<DirectoryPorts, 'now' | 'random' | 'signInWith' | 'passwords'>,
  ) {
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

  /** What nobody else may be found by, so that each name of this person means them. */
  namesAlone(person: Named): Required<Alone> {
    const read = loginsOf(person, this.signInWith).flatMap((login) => readLogin(login, this.signInWith) ?? []);
    return {
      lookups: [...new Set(read.flatMap(({ usernames }) => usernames))],
      keys: [...new Set(read.flatMap(({ email }) => (email === undefined ? [] : (emailKey(email) ?? []))))],
    };
  }

  /** Who else goes by one of the names of this person; undefined where nobody does. */
  async namesake(person: Named, key?: string): Promise<Namesake | undefined> {
    for (const login of loginsOf(person, this.signInWith)) {
      const read = readLogin(login, this.signInWith);
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
    return found?.person.passwordInitial ? 'must-change' : 'ok';
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

  /**
   * Throws ERR_INPUT for a password that can't be taken, ERR_NOT_FOUND for an unknown key, and PasswordRefusedError for
   * one that its owner had before.
   */
  async changePassword(key: string, password: string, _current?: string, owner?: { history: number }): Promise<void> {
    if (owner && (await this.#wasTheirs(key, password, owner.history))) throw new PasswordRefusedError('history');
    await this.update(key, { passwordHash: await this.hash(password) }, owner?.history);
  }

  /** As many are looked at as are remembered now: each takes a hash. */
  async #wasTheirs(key: string, password: string, history: number): Promise<boolean> {
    const former = (await this.#people.get(key))?.person.formerHashes?.slice(0, history) ?? [];
    const prepared = preparePassword(password);
    for (const hash of former) if (await this.#hasher.verify(hash, prepared)) return true;
    return false;
  }

  /** The PHC string of a new password. Throws ERR_INPUT. */
  async hash(password: string): Promise<string> {
    const fault = passwordFault(password);
    if (fault !== undefined) throw new SallyportError('ERR_INPUT', fault);
    return this.#hasher.hash(preparePassword(password));
  }

  /**
   * The new person's key: random, so never used before. Undefined when the user name is taken, or one of `alone` by
   * which nobody else may be found. `initial`: the password is to be changed at the first sign-in.
   */
  async add(
    details: Details,
    passwordHash?: string,
    { initial = false, alone }: { initial?: boolean; alone?: Alone } = {},
  ): Promise<string | undefined> {
    const key = Buffer.from(this.#ports.random(16)).toString('base64url');
    const now = this.#ports.now();
    const person: Stored = {
      ...details,
      status: 'active',
      createdAt: now,
      updatedAt: now,
      ...(passwordHash !== undefined && { passwordHash, passwordChangedAt: now }),
      ...(initial && { passwordInitial: true }),
    };
    return (await this.#people.insert(key, person, alone)) ? key : undefined;
  }

  /** Changes what is named. Throws ERR_NOT_FOUND. `history`: as the owner's profile has it, where it isn't asked for. */
  async update(key: string, change: Change, history?: number): Promise<void> {
    const now = this.#ports.now();
    const remembered = (person: Stored) => history ?? this.#ports.passwords?.bounds(person).history;
    await this.#people.change(key, (person) => changed(person, change, now, remembered(person)));
  }

  /** What the policy has against a password that somebody else sets. */
  async faultsOf(password: string, person: Omit<Person, 'key' | 'status'>): Promise<string[]> {
    return (await this.#ports.passwords?.faults(password, person)) ?? [];
  }

  /** One to be handed over, that the policy has nothing against. Throws ERR_INPUT where that takes too much luck. */
  async generate(person: Omit<Person, 'key' | 'status'>): Promise<string> {
    const longest = this.#ports.passwords?.bounds(person).maximum;
    for (let tries = 0; tries < TRIES; tries += 1) {
      const password = generatePassword((bytes) => this.#ports.random(bytes), longest, tries >= TRIES / 2);
      if ((await this.faultsOf(password, person)).length === 0) return password;
    }
    throw new SallyportError('ERR_INPUT', 'no password could be made that the policy takes: give one');
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
