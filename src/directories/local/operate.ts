import type { CommandInput, CommandResult, Directory, Person } from '../../core/directory.ts';
import { hasCode, SallyportError } from '../../core/errors.ts';
import { LocalDirectory } from './directory.ts';
import type { Entry } from './entry.ts';
import { messagesOf, planImport } from './import.ts';
import { details, personOf } from './person.ts';
import { nameFrom, PROFILE_FIELDS, unfounded } from './profile.ts';

type Run = (directory: LocalDirectory, input: CommandInput) => Promise<CommandResult>;

function fail(...lines: string[]): CommandResult {
  return { lines, exitCode: 1 };
}

/** What a command does, for whatever directory it is given. */
function operation(run: Run): (target: Directory, input: CommandInput) => Promise<CommandResult> {
  return async (target, input) => {
    if (!(target instanceof LocalDirectory)) throw new TypeError('these commands need the local directory');
    try {
      return await run(target, input);
    } catch (error) {
      // What the person at the terminal can put right; anything else is a fault of ours or of the store.
      if (error instanceof Error && hasCode(error, 'ERR_INPUT')) return fail(error.message);
      throw error;
    }
  };
}

/** Runs with the person that the first argument names. */
function withPerson(
  run: (directory: LocalDirectory, person: Person, input: CommandInput) => Promise<CommandResult>,
): Run {
  return async (directory, input) => {
    const [username = ''] = input.args;
    const person = await directory.find(username);
    return person ? run(directory, person, input) : fail(`There is no user ${JSON.stringify(username)}.`);
  };
}

type Described = Omit<Person, 'key' | 'status'>;

/**
 * The first line of standard input, if the policy takes it, or a generated one with the line that says so. Its owner
 * changes it at the first sign-in, unless `--keep` says otherwise.
 */
async function passwordFrom(
  directory: LocalDirectory,
  input: CommandInput,
  person: Described,
): Promise<{ password: string; initial: boolean; lines: string[] }> {
  const [typed = ''] = (input.stdin ?? '').split(/\r?\n/, 1);
  const initial = input.options.keep !== true;
  if (typed === '') {
    const password = await directory.generate(person);
    return { password, initial, lines: [`Password (shown only now): ${password}`] };
  }
  const faults = await directory.faultsOf(typed, person);
  if (faults.length > 0) throw new SallyportError('ERR_INPUT', faults.join('\n'));
  return { password: typed, initial, lines: [] };
}

function text(value: string | boolean | undefined): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

export const add = operation(async (directory, input) => {
  const [username = ''] = input.args;
  const { options } = input;
  const profile = PROFILE_FIELDS.map((field) => [field, options[field] === true || text(options[field])]);
  const parsed = details.safeParse({
    username,
    name:
      text(options.name) ??
      nameFrom({ givenName: text(options.givenName), familyName: text(options.familyName) }) ??
      username,
    email: text(options.email),
    groups: (text(options.groups) ?? '').split(',').filter((group) => group.trim() !== ''),
    ...Object.fromEntries(profile),
  });
  const faults = parsed.success ? unfounded(parsed.data) : messagesOf(parsed.error);
  if (!parsed.success || faults.length > 0) return fail(...faults);
  const taken = fail(`The user name ${JSON.stringify(username)} is taken.`);
  if (await directory.find(username)) return taken;
  const other = await directory.namesake(parsed.data);
  if (other) return fail(`By ${JSON.stringify(other.login)} one could mean ${other.username} as well.`);
  const person = personOf('', { ...parsed.data, status: 'active', createdAt: 0 });
  const { password, initial, lines } = await passwordFrom(directory, input, person);
  const alone = directory.namesAlone(parsed.data);
  const key = await directory.add(parsed.data, await directory.hash(password), { initial, alone });
  if (key === undefined) return taken;
  const detail = { username: parsed.data.username };
  return {
    lines: [`Added ${parsed.data.username}.`, ...lines],
    exitCode: 0,
    audit: [{ event: 'user.added', key, detail }],
  };
});

export const passwd = operation(
  withPerson(async (directory, person, input) => {
    const { key, username } = person;
    const { password, initial, lines } = await passwordFrom(directory, input, person);
    await directory.update(key, { passwordHash: await directory.hash(password), passwordInitial: initial });
    return {
      lines: [`Changed the password of ${username}.`, ...lines],
      exitCode: 0,
      revoke: [key],
      renewed: [key],
      audit: [{ event: 'user.password-set', key, detail: { username } }],
    };
  }),
);

function setStatus(status: 'active' | 'disabled', done: 'Enabled' | 'Disabled') {
  return operation(
    withPerson(async (directory, { key, username }) => {
      await directory.update(key, { status, barred: status === 'disabled' || undefined });
      return {
        lines: [`${done} ${username}.`],
        exitCode: 0,
        // Also when it was disabled already: the earlier command may have failed to end the sessions.
        ...(status === 'disabled' && { revoke: [key] }),
        audit: [{ event: `user.${done.toLowerCase()}`, key, detail: { username } }],
      };
    }),
  );
}

export const disable = setStatus('disabled', 'Disabled');
export const enable = setStatus('active', 'Enabled');

export const list = operation(async (directory) => {
  const people: (Person & { hasPassword: boolean })[] = [];
  for await (const person of directory.list()) people.push(person);
  people.sort((a, b) => (a.username < b.username ? -1 : 1));
  const lines = people.map(({ username, name, email, groups = [], status, hasPassword }) =>
    [username, name, email ?? '', groups.join(';'), status, hasPassword ? 'yes' : 'no'].join('\t'),
  );
  return { lines: ['username\tname\temail\tgroups\tstatus\tpassword', ...lines], exitCode: 0 };
});

/** Writes one entry; the result says what became of it. A password that came in the file is an initial one. */
async function write(
  directory: LocalDirectory,
  entry: Entry,
  hash: string | undefined,
  keep: boolean,
): Promise<CommandResult> {
  const { username, change } = entry;
  // A hash comes from where its owner chose the password.
  const initial = entry.password !== undefined && !keep;
  const detail = { username };
  if (entry.key !== undefined) {
    const { key } = entry;
    await directory.update(key, {
      ...change,
      ...(hash !== undefined && { passwordHash: hash, passwordInitial: initial }),
    });
    const renewed = hash === undefined ? [] : [key];
    const set = renewed.map((one) => ({ event: 'user.password-set', key: one, detail }));
    const audit = [{ event: 'user.updated', key, detail }, ...set];
    return { lines: [], exitCode: 0, revoke: renewed, renewed, audit };
  }
  const key = await directory.add({ username, name: nameFrom(change) ?? username, groups: [], ...change }, hash, {
    initial,
  });
  if (key === undefined) return fail(`line ${entry.line}: the user name was taken meanwhile; not imported`);
  return { lines: [], exitCode: 0, audit: [{ event: 'user.added', key, detail }] };
}

/** Writes until something fails that would fail again; what was written keeps its audit and its revocations. */
async function writeAll(
  directory: LocalDirectory,
  entries: readonly Entry[],
  hashes: readonly (string | undefined)[],
  keep: boolean,
): Promise<CommandResult[]> {
  const results: CommandResult[] = [];
  for (const [at, entry] of entries.entries()) {
    try {
      results.push(await write(directory, entry, hashes[at], keep));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      results.push(fail(`line ${entry.line}: ${why}; neither this line nor those after it were imported`));
      break;
    }
  }
  return results;
}

export const importPeople = operation(async (directory, input) => {
  const { entries, faults } = await planImport(input.stdin ?? '', directory, input.options.update === true);
  if (faults.length > 0) {
    return fail(...faults.map(({ line, message }) => `line ${line}: ${message}`), 'Nothing was imported.');
  }
  // One after the other, before anything is written: an import leaves room for those who sign in.
  const hashes: (string | undefined)[] = [];
  for (const { password, passwordHash } of entries) {
    hashes.push(password === undefined ? passwordHash : await directory.hash(password));
  }
  const results = await writeAll(directory, entries, hashes, input.options.keep === true);
  const failed = results.filter(({ exitCode }) => exitCode !== 0);
  const audit = results.flatMap((result) => result.audit ?? []);
  const many = (wanted: string) => audit.filter(({ event }) => event === wanted).length;
  return {
    lines: [...failed.flatMap(({ lines }) => lines), `${many('user.added')} added, ${many('user.updated')} updated.`],
    exitCode: failed.length === 0 ? 0 : 1,
    revoke: results.flatMap(({ revoke }) => revoke ?? []),
    renewed: results.flatMap(({ renewed }) => renewed ?? []),
    audit,
  };
});
