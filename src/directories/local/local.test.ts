import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recordingLog } from '../../../test/support/recording.ts';
import type { HousePorts } from '../../core/directory.ts';
import { SallyportError } from '../../core/errors.ts';
import { foldName, type SignInWith } from '../../core/logins.ts';
import { BusyError, createQueue } from '../../core/queue.ts';
import type { RecordStore } from '../../core/store.ts';
import { LocalDirectory } from './directory.ts';
import { createAbsentRecords, createMemoryRecords } from './double.ts';
import { createHasher, type Hasher } from './hasher.ts';
import local from './index.ts';
import { createPeople } from './people.ts';

const NOW = 1_800_000_000_000;
const PLAIN: SignInWith = { names: ['username'], domains: [], realms: [] };
/** Any text, with the code points that matter here often enough; ill-formed UTF-16 as well. */
const anyText = fc
  .array(
    fc.oneof(fc.constantFrom(0x20, 0x41, 0x130, 0x301, 0x345, 0x3a3, 0xfb01), fc.integer({ min: 0, max: 0x10ffff })),
    { maxLength: 20 },
  )
  .map((points) => String.fromCodePoint(...points));

const CHEAP = { memory: 64, passes: 1, parallelism: 1 };

/** A directory with cheap hashes that counts them by what they were made for. */
function fixture(records: RecordStore = createMemoryRecords(), settings = CHEAP) {
  const real = createHasher(settings, createQueue(2, 200));
  const work = { verified: 0, hashed: 0 };
  const hasher: Hasher = {
    ...real,
    hash: (password) => {
      work.hashed++;
      return real.hash(password);
    },
    verify: (phc, password) => {
      work.verified++;
      return real.verify(phc, password);
    },
  };
  const directory = new LocalDirectory(createPeople(records), hasher, {
    now: () => NOW,
    random: randomBytes,
    signInWith: PLAIN,
  });
  const add = async (username: string, password?: string) => {
    const hash = password === undefined ? undefined : await directory.hash(password);
    const key = await directory.add({ username, name: username, groups: ['staff'] }, hash);
    if (key === undefined) throw new Error('taken');
    work.hashed = 0;
    return key;
  };
  return { directory, records, work, add, hasher };
}

describe('people', () => {
  it('are found by user name, however it is typed, and by key', async () => {
    const { directory, add } = fixture();
    const key = await add('José.Müller');
    const profile = { updatedAt: NOW };
    const person = { key, username: 'José.Müller', name: 'José.Müller', groups: ['staff'], status: 'active', profile };
    for (const login of ['José.Müller', 'jose\u0301.müller', ' JOSÉ.MÜLLER ', 'ｊｏｓé.mu\u0308ller']) {
      expect(await directory.find(login), login).toEqual(person);
    }
    expect(await directory.byKey(key)).toEqual(person);
    expect(key).toMatch(/^[\w-]{22}$/);
  });

  it('may have names in any script', async () => {
    const { directory, add } = fixture();
    for (const username of ['王小明', 'Σωκράτης', 'محمد', 'İrem', 'ﬁona']) {
      const key = await add(username);
      expect((await directory.find(username))?.key, username).toBe(key);
    }
  });

  it('are not found by anything else', async () => {
    const { directory, add } = fixture();
    const key = await add('ada');
    for (const login of ['', ' ', 'ad', 'ada2', key, 'a'.repeat(10_000)]) {
      expect(await directory.find(login), login).toBeUndefined();
    }
    for (const other of ['', 'ada', 'nobody']) expect(await directory.byKey(other)).toBeUndefined();
  });

  it('have user names of their own, also when 20 arrive at once', async () => {
    const { directory } = fixture();
    const add = (username: string) => directory.add({ username, name: username, groups: [] });
    const keys = await Promise.all(Array.from({ length: 20 }, (_, at) => add(at % 2 ? 'Ada' : 'ada')));
    expect(keys.filter((key) => key !== undefined)).toHaveLength(1);
  });

  it('are compared by names that fold to themselves', () => {
    fc.assert(
      fc.property(anyText, (typed) => {
        const folded = foldName(typed);
        if (folded === undefined) return;
        expect(foldName(folded)).toBe(folded.length > 256 ? undefined : folded);
        expect(foldName(` ${typed.normalize('NFD')}\u3000`)).toBe(folded);
      }),
    );
  });
});

describe('verifyPassword', () => {
  it('tells right from wrong', async () => {
    const { directory, add } = fixture();
    const key = await add('ada', 'correct horse');
    expect(await directory.verifyPassword(key, 'correct horse')).toBe('ok');
    for (const wrong of ['correct horsf', 'Correct horse', ' correct horse', 'correct horse ', '']) {
      expect(await directory.verifyPassword(key, wrong), wrong).toBe('wrong');
    }
  });

  it('takes a password from any keyboard: composed or not, with any space', async () => {
    const { directory, add } = fixture();
    const key = await add('ada', 'e\u0301té\u3000ﬁn');
    expect(await directory.verifyPassword(key, 'éte\u0301 ﬁn')).toBe('ok');
    expect(await directory.verifyPassword(key, 'été fin')).toBe('wrong');
  });

  it('does the same work for everyone', async () => {
    const made = fixture();
    const keys = [await made.add('ada', 'right'), await made.add('bob'), undefined, 'unknown', ''];
    for (const key of keys) {
      made.work.verified = 0;
      expect(await made.directory.verifyPassword(key, 'wrong')).toBe('wrong');
      expect(made.work, String(key)).toEqual({ verified: 1, hashed: 0 });
    }
  });

  it('hashes nothing that is too long, for anyone', async () => {
    const made = fixture();
    const key = await made.add('ada', 'x'.repeat(1024));
    expect(await made.directory.verifyPassword(key, 'x'.repeat(1024))).toBe('ok');
    for (const who of [key, undefined]) {
      expect(await made.directory.verifyPassword(who, 'x'.repeat(1025))).toBe('wrong');
    }
    expect(made.work.verified).toBe(1);
  });

  it('shows a disabled person as such, whatever the password', async () => {
    const { directory, add } = fixture();
    const key = await add('ada', 'right');
    await directory.update(key, { status: 'disabled' });
    expect(await directory.find('ada')).toMatchObject({ key, status: 'disabled' });
    expect(await directory.byKey(key)).toMatchObject({ status: 'disabled' });
    expect(await directory.verifyPassword(key, 'wrong')).toBe('wrong');
  });

  it('looks at nothing when too many wait', async () => {
    const { records, hasher, add } = fixture();
    const key = await add('ada', 'right');
    const busy: Hasher = { ...hasher, verify: () => Promise.reject(new BusyError()) };
    const directory = new LocalDirectory(createPeople(records), busy, {
      now: () => NOW,
      random: randomBytes,
      signInWith: PLAIN,
    });
    for (const who of [key, undefined]) {
      await expect(directory.verifyPassword(who, 'right')).rejects.toMatchObject({ code: 'ERR_OVERLOADED' });
    }
  });

  it('lets nobody in while the store is away', async () => {
    const away = createAbsentRecords(new SallyportError('ERR_STORE_UNAVAILABLE', 'away'));
    const { directory } = fixture(away);
    for (const who of ['key', undefined]) {
      await expect(directory.verifyPassword(who, 'x')).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
    }
  });
});

describe('when the parameters rise', () => {
  const RISEN = { ...CHEAP, passes: 2 };

  it('hashes again at the next sign-in, once', async () => {
    const before = fixture();
    const key = await before.add('ada', 'right');
    const after = fixture(before.records, RISEN);
    expect(await after.directory.verifyPassword(key, 'wrong')).toBe('wrong');
    expect(after.work.hashed).toBe(0);
    for (let times = 0; times < 3; times++) expect(await after.directory.verifyPassword(key, 'right')).toBe('ok');
    expect(after.work.hashed).toBe(1);
    expect((await before.records.get(key))?.data).toContain('m=64,t=2');
    const sunk = fixture(before.records);
    expect(await sunk.directory.verifyPassword(key, 'right')).toBe('ok');
    expect(sunk.work.hashed).toBe(0);
  });

  it('never undoes a change of password that happens meanwhile', async () => {
    const before = fixture();
    const key = await before.add('ada', 'old');
    const after = fixture(before.records, RISEN);
    const slow: Hasher = {
      ...after.hasher,
      hash: async (password) => {
        await before.directory.changePassword(key, 'new');
        return after.hasher.hash(password);
      },
    };
    const directory = new LocalDirectory(createPeople(before.records), slow, {
      now: () => NOW,
      random: randomBytes,
      signInWith: PLAIN,
    });
    expect(await directory.verifyPassword(key, 'old')).toBe('ok');
    expect(await before.directory.verifyPassword(key, 'old')).toBe('wrong');
    expect(await before.directory.verifyPassword(key, 'new')).toBe('ok');
  });

  it('accepts the right password although hashing again fails', async () => {
    const before = fixture();
    const key = await before.add('ada', 'right');
    const { hasher } = fixture(before.records, RISEN);
    const full: Hasher = { ...hasher, hash: () => Promise.reject(new BusyError()) };
    const directory = new LocalDirectory(createPeople(before.records), full, {
      now: () => NOW,
      random: randomBytes,
      signInWith: PLAIN,
    });
    expect(await directory.verifyPassword(key, 'right')).toBe('ok');
  });
});

describe('changePassword', () => {
  it('replaces the password and keeps the rest', async () => {
    const { directory, add, records } = fixture();
    const key = await add('ada', 'old');
    await directory.changePassword(key, 'new');
    expect(await directory.verifyPassword(key, 'old')).toBe('wrong');
    expect(await directory.verifyPassword(key, 'new')).toBe('ok');
    expect(await directory.byKey(key)).toMatchObject({ username: 'ada', groups: ['staff'] });
    expect((await records.get(key))?.data).toContain(`"passwordChangedAt":${NOW}`);
  });

  it.each(['', 'x'.repeat(1025), 'a\u0000b'])('refuses %j', async (password) => {
    const { directory, add } = fixture();
    const key = await add('ada', 'old');
    await expect(directory.changePassword(key, password)).rejects.toMatchObject({ code: 'ERR_INPUT' });
    expect(await directory.verifyPassword(key, 'old')).toBe('ok');
  });

  it('fails for someone who is not there', async () => {
    await expect(fixture().directory.changePassword('gone', 'x')).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
  });

  it('loses none of several changes at once', async () => {
    const { directory, add } = fixture();
    const key = await add('ada', 'old');
    await Promise.all([
      directory.changePassword(key, 'new'),
      directory.update(key, { status: 'disabled' }),
      directory.update(key, { groups: ['other'] }),
    ]);
    expect(await directory.byKey(key)).toMatchObject({ status: 'disabled', groups: ['other'] });
    expect(await directory.verifyPassword(key, 'new')).toBe('ok');
  });
});

it('is put together by its module', async () => {
  const ports = {
    id: 'local',
    now: () => NOW,
    random: (bytes: number) => randomBytes(bytes),
    fetch: async () => Response.error(),
    records: createMemoryRecords(),
    recordsOf: createMemoryRecords,
    signInWith: PLAIN,
    log: recordingLog().log,
    // Nobody is behind it.
    house: {} as HousePorts,
  };
  const directory = local.create(local.settings.parse({}), ports);
  expect(await directory.verifyPassword(undefined, 'x')).toBe('wrong');
  expect(await directory.find('ada')).toBeUndefined();
});
