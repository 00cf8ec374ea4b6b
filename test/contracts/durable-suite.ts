import { expect, it } from 'vitest';
import type {
  AuditEntry,
  DurableStore,
  NewAccount,
  SealedRow,
  SealedTable,
  StoredCredential,
} from '../../src/core/store.ts';

/** What the shared suite needs of an implementation. */
export interface DurableSubject {
  /** A store over an empty database of the running test's own, closed when it ends. */
  open(): Promise<DurableStore>;
  /** Closes the store and opens another over the same database. */
  reopen(store: DurableStore): Promise<DurableStore>;
}

const PARALLEL = 100;
const TIME = 1_795_000_000_000;

const ada: NewAccount = {
  id: 'account-1',
  directory: 'local',
  directoryKey: 'key-1',
  username: 'ada',
  name: '愛達 · Ada “L” \u{1F6AA}',
  email: 'ada@example.edu',
  groups: ['staff', 'großes Rechenzentrum'],
  createdAt: TIME,
};

const device: Omit<StoredCredential, 'version'> = {
  id: 'credential-1',
  account: ada.id,
  factor: 'key',
  name: '手機',
  sealed: '1.nonce.body',
  createdAt: TIME,
};

function together<T>(work: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: PARALLEL }, (_, index) => work(index)));
}

export function durableSuite(subject: DurableSubject): void {
  accountSuite(subject);
  credentialSuite(subject);
  consentSuite(subject);
  auditSuite(subject);
  keySuite(subject);
  stateSuite(subject);
  recordSuite(subject);
  sealedSuite(subject);
}

function accountSuite({ open, reopen }: DurableSubject): void {
  it('links an account and finds it again, also after it was closed', async () => {
    const store = await open();
    const linked = await store.accounts.link(ada);
    expect(linked).toEqual({ ...ada, revokedBefore: 0, version: 1 });
    expect(await store.accounts.byId('account-1')).toEqual(linked);
    expect(await store.accounts.byDirectoryKey('local', 'key-1')).toEqual(linked);
    expect(await store.accounts.byDirectoryKey('other', 'key-1')).toBeUndefined();
    expect(await store.accounts.byId('absent')).toBeUndefined();
    const later = await reopen(store);
    expect(await later.accounts.byId('account-1')).toEqual(linked);
    await later.ping();
  });

  it('brings name, mail and groups up to date, and keeps the rest', async () => {
    const { accounts } = await open();
    await accounts.link(ada);
    await accounts.setLocale(ada.id, 'zh-Hant');
    await accounts.revokeBefore(ada.id, TIME);
    const { email: _, ...withoutMail } = ada;
    const changed = await accounts.link({ ...withoutMail, id: 'other', name: 'Ada', groups: [], createdAt: TIME + 1 });
    expect(changed).toMatchObject({ id: 'account-1', name: 'Ada', groups: [], createdAt: TIME, locale: 'zh-Hant' });
    expect(changed.email).toBeUndefined();
    expect(changed.revokedBefore).toBe(TIME);
    expect(await accounts.link({ ...withoutMail, name: 'Ada', groups: [] })).toEqual(changed);
  });

  it('makes one account of many parallel first sign-ins', async () => {
    const { accounts } = await open();
    const linked = await together((index) => accounts.link({ ...ada, id: `account-${index}` }));
    expect(new Set(linked.map((account) => account.id)).size).toBe(1);
    expect(await accounts.list()).toHaveLength(1);
  });

  it('moves the moment of revocation forward, never back', async () => {
    const { accounts } = await open();
    await accounts.link(ada);
    await accounts.revokeBefore(ada.id, TIME + 5);
    await accounts.revokeBefore(ada.id, TIME);
    expect((await accounts.byId(ada.id))?.revokedBefore).toBe(TIME + 5);
    await together((index) => accounts.revokeBefore(ada.id, TIME + index));
    expect((await accounts.byId(ada.id))?.revokedBefore).toBe(TIME + PARALLEL - 1);
  });

  it('finds people of certain groups by how a word of theirs begins', async () => {
    const { accounts } = await open();
    const people = [
      { username: 'Zoe', name: 'Zoë ÉCOLE', email: 'zoe@example.edu', groups: ['staff'] },
      { username: 'b_b', name: '陳大文 Chan', email: 'chan@example.edu', groups: ['staff', 'a"b%'] },
      { username: 'bob', name: 'Bob  van Dyk', email: 'Bob@Example.edu', groups: ['students'] },
    ];
    for (const [at, person] of people.entries()) {
      await accounts.link({ ...ada, ...person, id: `id-${at}`, directoryKey: `Key-${at}` });
    }
    const found = async (typed: string, groups = ['staff', 'students'], limit = 10) =>
      (await accounts.search(typed, { groups, limit })).map(({ username }) => username);
    expect(await found('zO')).toEqual(['Zoe']);
    expect(await found('école')).toEqual(['Zoe']);
    expect(await found('陳大')).toEqual(['b_b']);
    expect(await found(' VAN   dy')).toEqual(['bob']);
    expect(await found('bob@example')).toEqual(['bob']);
    expect(await found('key-1')).toEqual(['b_b']);
    expect(await found('ob')).toEqual([]);
    // What a pattern would take for any character stands for itself.
    expect(await found('b_')).toEqual(['b_b']);
    expect(await found('%')).toEqual([]);
    expect(await found('\\')).toEqual([]);
    expect(await found('  ')).toEqual([]);
    expect(await found('bob', ['staff'])).toEqual([]);
    expect(await found('chan', ['a"b%'])).toEqual(['b_b']);
    expect(await found('chan', ['a"b', 'taff', 'staff"'])).toEqual([]);
    expect(await found('chan', [])).toEqual([]);
    expect((await found('b')).toSorted()).toEqual(['b_b', 'bob']);
    expect(await found('b', ['staff', 'students'], 1)).toHaveLength(1);
    await accounts.link({ ...ada, id: 'x', directoryKey: 'Key-2', username: 'bob', name: 'Robert', groups: ['staff'] });
    expect(await found('rob', ['staff'])).toEqual(['bob']);
    expect(await found('bob', ['students'])).toEqual([]);
  });

  it('finds several at once', async () => {
    const { accounts, credentials } = await open();
    for (const id of ['a', 'b', 'c']) await accounts.link({ ...ada, id, directoryKey: id });
    expect((await accounts.byIds(['c', 'a', 'absent'])).map(({ id }) => id).sort()).toEqual(['a', 'c']);
    expect(await accounts.byIds([])).toEqual([]);
    await credentials.insert({ ...device, account: 'a' });
    await credentials.insert({ ...device, id: 'credential-2', account: 'c', lastUsedAt: TIME });
    await credentials.insert({ ...device, id: 'credential-3', account: 'b' });
    const facts = await credentials.ofAccounts(['a', 'c', 'absent']);
    expect(facts.sort((one, other) => (one.account < other.account ? -1 : 1))).toEqual([
      { account: 'a', factor: 'key', createdAt: TIME },
      { account: 'c', factor: 'key', createdAt: TIME, lastUsedAt: TIME },
    ]);
    expect(await credentials.ofAccounts([])).toEqual([]);
  });

  it('lists in pages', async () => {
    const { accounts } = await open();
    for (const id of ['c', 'a', 'b']) await accounts.link({ ...ada, id, directoryKey: id });
    const ids = async (options?: { limit?: number; after?: string }) =>
      (await accounts.list(options)).map((account) => account.id);
    expect(await ids()).toEqual(['a', 'b', 'c']);
    expect(await ids({ limit: 2 })).toEqual(['a', 'b']);
    expect(await ids({ limit: 2, after: 'b' })).toEqual(['c']);
  });
}

function credentialSuite({ open }: DurableSubject): void {
  it('keeps credentials, finds them by lookup key of their factor, and removes them', async () => {
    const { accounts, credentials } = await open();
    await accounts.link(ada);
    await credentials.insert(device, ['handle', 'alias', 'handle']);
    await credentials.insert({ ...device, id: 'credential-2', lastUsedAt: TIME, createdAt: TIME - 1 });
    const stored = { ...device, version: 1 };
    expect((await credentials.ofAccount(ada.id)).map(({ id }) => id)).toEqual(['credential-2', 'credential-1']);
    expect(await credentials.byLookup('key', 'alias')).toEqual(stored);
    expect(await credentials.byLookup('other', 'alias')).toBeUndefined();
    expect(await credentials.remove(device.id, 'someone-else')).toBe(false);
    expect(await credentials.remove(device.id, ada.id)).toBe(true);
    expect(await credentials.remove(device.id, ada.id)).toBe(false);
    expect(await credentials.byLookup('key', 'handle')).toBeUndefined();
    await credentials.insert(device, ['handle']);
    expect(await credentials.byLookup('key', 'handle')).toEqual(stored);
  });

  it('suspends a credential and confirms it, each once, and takes no update from before', async () => {
    const { accounts, credentials } = await open();
    await accounts.link(ada);
    await credentials.insert(device, ['handle']);
    expect(await credentials.suspend(device.id, 'someone-else', TIME)).toBe(false);
    const suspended = await together((index) => credentials.suspend(device.id, ada.id, TIME + index));
    expect(suspended.filter(Boolean)).toHaveLength(1);
    const at = { suspendedAt: TIME + suspended.indexOf(true) };
    expect(await credentials.byLookup('key', 'handle')).toEqual({ ...device, ...at, version: 2 });
    expect(await credentials.update(device.id, 1, { sealed: 'from before' })).toBe(false);
    expect(await credentials.update(device.id, 2, { name: 'phone' })).toBe(true);
    const confirmed = await together(() => credentials.suspend(device.id, ada.id, undefined));
    expect(confirmed.filter(Boolean)).toHaveLength(1);
    expect(await credentials.ofAccount(ada.id)).toEqual([{ ...device, name: 'phone', version: 4 }]);
  });

  it('lets one of many parallel updates win, and refuses an outdated one', async () => {
    const { accounts, credentials } = await open();
    await accounts.link(ada);
    await credentials.insert(device);
    const won = await together((index) =>
      credentials.update(device.id, 1, { sealed: `sealed ${index}`, lastUsedAt: TIME + index }),
    );
    expect(won.filter(Boolean)).toHaveLength(1);
    const winner = won.indexOf(true);
    const [stored] = await credentials.ofAccount(ada.id);
    expect(stored).toEqual({ ...device, sealed: `sealed ${winner}`, lastUsedAt: TIME + winner, version: 2 });
    expect(await credentials.update(device.id, 1, { name: 'late' })).toBe(false);
    expect(await credentials.update(device.id, 2, { name: 'phone' })).toBe(true);
    expect(await credentials.update('absent', 1, { name: 'phone' })).toBe(false);
    expect((await credentials.ofAccount(ada.id))[0]).toMatchObject({ name: 'phone', sealed: `sealed ${winner}` });
  });

  it('replaces all of a factor at once, and of many at the same moment keeps one', async () => {
    const { accounts, credentials } = await open();
    await accounts.link(ada);
    await credentials.insert(device, ['handle']);
    await credentials.insert({ ...device, id: 'other', factor: 'other' });
    expect(await credentials.replace({ ...device, id: 'next' }, ['handle'])).toEqual([device.id]);
    expect((await credentials.byLookup('key', 'handle'))?.id).toBe('next');
    const ended = await together((index) => credentials.replace({ ...device, id: `at once ${index}` }));
    const left = (await credentials.ofAccount(ada.id)).filter(({ factor }) => factor === device.factor);
    expect(left).toHaveLength(1);
    expect(new Set(ended.flat()).size).toBe(ended.length);
    expect((await credentials.ofAccount(ada.id)).some(({ id }) => id === 'other')).toBe(true);
    expect(await credentials.byLookup('key', 'handle')).toBeUndefined();
  });

  it('replaces nothing by one whose id or lookup key is taken', async () => {
    const { accounts, credentials } = await open();
    await accounts.link(ada);
    await accounts.link({ ...ada, id: 'bob', directoryKey: 'bob' });
    await credentials.insert(device, ['handle']);
    await credentials.insert({ ...device, id: 'mine', account: 'bob' });
    const taken = credentials.replace({ ...device, id: 'next', account: 'bob' }, ['handle']);
    await expect(taken).rejects.toMatchObject({ code: 'ERR_VERSION_CONFLICT' });
    expect((await credentials.ofAccount('bob')).map(({ id }) => id)).toEqual(['mine']);
  });

  it('enrols nothing whose id or lookup key is taken', async () => {
    const { accounts, credentials } = await open();
    await accounts.link(ada);
    await credentials.insert(device, ['handle']);
    const conflict = { code: 'ERR_VERSION_CONFLICT' };
    await expect(credentials.insert(device)).rejects.toMatchObject(conflict);
    const second = { ...device, id: 'credential-2' };
    await expect(credentials.insert(second, ['new', 'handle'])).rejects.toMatchObject(conflict);
    expect(await credentials.ofAccount(ada.id)).toHaveLength(1);
    expect(await credentials.byLookup('key', 'new')).toBeUndefined();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) => credentials.insert({ ...device, id: `p-${index}` }, ['shared'])),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('keeps no more of a factor than there may be, however many are added at once', async () => {
    const { accounts, credentials } = await open();
    await accounts.link(ada);
    await accounts.link({ ...ada, id: 'account-2', directoryKey: 'another' });
    const add = (prefix: string, change: Partial<typeof device> = {}) =>
      together((index) =>
        credentials.insert({ ...device, ...change, id: `${prefix}-${index}` }, [`${prefix} ${index}`], 3),
      );
    expect((await add('first')).filter(Boolean)).toHaveLength(3);
    expect(await credentials.ofAccount(ada.id)).toHaveLength(3);
    const [kept] = await credentials.ofAccount(ada.id);
    expect(await credentials.insert({ ...device, id: 'late' }, ['late'], 3)).toBe(false);
    expect(await credentials.byLookup('key', 'late')).toBeUndefined();
    await credentials.remove(kept?.id ?? '', ada.id);
    expect(await credentials.insert({ ...device, id: 'late' }, ['late'], 3)).toBe(true);
    // Another factor's, and another person's, are counted by themselves.
    expect((await add('other', { factor: 'other' })).filter(Boolean)).toHaveLength(3);
    expect((await add('theirs', { account: 'account-2' })).filter(Boolean)).toHaveLength(3);
  });
}

function consentSuite({ open }: DurableSubject): void {
  it('keeps one consent for an account and application', async () => {
    const { accounts, consents } = await open();
    await accounts.link(ada);
    const consent = {
      account: ada.id,
      application: 'library',
      scopes: ['openid', 'profile'],
      claims: [],
      resources: { 'https://api.example.edu/': ['read'] },
      at: TIME,
    };
    await consents.put({ ...consent, scopes: [] });
    await consents.put(consent);
    await consents.put({ ...consent, application: 'courses' });
    expect(await consents.get(ada.id, 'library')).toEqual(consent);
    expect((await consents.ofAccount(ada.id)).map(({ application }) => application)).toEqual(['courses', 'library']);
    await consents.remove(ada.id, 'library');
    expect(await consents.get(ada.id, 'library')).toBeUndefined();
    expect(await consents.ofAccount('other')).toEqual([]);
  });
}

function entry(sequence: number, more: Partial<AuditEntry> = {}): AuditEntry {
  const base = { id: `n1-${sequence}`, node: 'n1', sequence, at: TIME + sequence, event: 'sign-in', hash: 'ab' };
  return { ...base, detail: { reason: '原因', nested: { n: sequence } }, ...more };
}

function auditSuite({ open }: DurableSubject): void {
  it('appends to each chain and reads it forwards, an account backwards', async () => {
    const { audit } = await open();
    expect(await audit.head('n1')).toBeUndefined();
    await audit.append([]);
    await audit.append(
      [1, 2, 3].map((sequence) => entry(sequence, { account: ada.id, application: 'library', event: `e${sequence}` })),
    );
    await audit.append([entry(4), entry(1, { id: 'n2-1', node: 'n2' })]);
    expect(await audit.head('n1')).toEqual(entry(4));
    const sequences = (entries: AuditEntry[]) => entries.map(({ sequence }) => sequence);
    expect(sequences(await audit.ofNode('n1', { limit: 3 }))).toEqual([1, 2, 3]);
    expect(sequences(await audit.ofNode('n1', { after: 3, limit: 3 }))).toEqual([4]);
    expect(sequences(await audit.ofAccount(ada.id, { limit: 2 }))).toEqual([3, 2]);
    expect(sequences(await audit.ofAccount(ada.id, { limit: 9, events: ['e1', 'e3'] }))).toEqual([3, 1]);
    expect(await audit.ofAccount(ada.id, { limit: 9, events: [] })).toEqual([]);
  });

  it('reads one kind of event backwards in pages, within a period', async () => {
    const { audit } = await open();
    const at = [10, 20, 20, 20, 30, 40];
    await audit.append(at.map((time, index) => entry(index + 1, { at: time, event: 'asked', id: `e${index}` })));
    await audit.append([entry(7, { at: 20, event: 'other', id: 'x' })]);
    const read: string[] = [];
    for (let after: AuditEntry | undefined; ; ) {
      const page = await audit.ofEvent('asked', { from: 20, until: 40, limit: 2, ...(after ? { after } : {}) });
      read.push(...page.map(({ id }) => id));
      after = page.at(-1);
      if (page.length < 2) break;
    }
    expect(read).toEqual(['e4', 'e3', 'e2', 'e1']);
  });

  it('takes thousands of entries at once', async () => {
    const { audit } = await open();
    await audit.append(Array.from({ length: 5_000 }, (_, index) => entry(index + 1)));
    expect((await audit.head('n1'))?.sequence).toBe(5_000);
  });

  it('refuses a second writer of a chain, and writes nothing of what it brought', async () => {
    const { audit } = await open();
    await audit.append([entry(1), entry(2)]);
    const forked = [entry(3), entry(2, { id: 'another' })];
    await expect(audit.append(forked)).rejects.toMatchObject({ code: 'ERR_VERSION_CONFLICT' });
    expect((await audit.head('n1'))?.sequence).toBe(2);
  });
}

function keySuite({ open }: DurableSubject): void {
  it('keeps keys by purpose, oldest first, and refuses an id that is taken', async () => {
    const { keys } = await open();
    const key = { id: 'k1', purpose: 'oidc', algorithm: 'RS256', sealed: '1.a.b', createdAt: TIME, activeFrom: TIME };
    const won = await together((index) => keys.insert({ ...key, sealed: `sealed ${index}` }));
    expect(won.filter(Boolean)).toHaveLength(1);
    expect(await keys.insert({ ...key, id: 'k0', createdAt: TIME + 1, retiredAt: TIME + 2 })).toBe(true);
    await keys.insert({ ...key, id: 'k2', purpose: 'saml' });
    await keys.retire('k1', TIME + 9);
    const listed = await keys.list('oidc');
    expect(listed.map(({ id, retiredAt }) => ({ id, retiredAt }))).toEqual([
      { id: 'k1', retiredAt: TIME + 9 },
      { id: 'k0', retiredAt: TIME + 2 },
    ]);
    expect(listed[0]?.sealed).toBe(`sealed ${won.indexOf(true)}`);
    expect((await keys.list('saml'))[0]).toEqual({ ...key, id: 'k2', purpose: 'saml' });
  });

  it('lets a key sign sooner, never later, and never a retired one', async () => {
    const { keys } = await open();
    const key = { purpose: 'oidc', algorithm: 'RS256', sealed: '1.a.b', createdAt: TIME, activeFrom: TIME + 9 };
    await keys.insert({ ...key, id: 'next' });
    await keys.insert({ ...key, id: 'retired', retiredAt: TIME });
    expect((await together(() => keys.activate('next', TIME + 5))).filter(Boolean)).toHaveLength(1);
    expect(await keys.activate('next', TIME + 7)).toBe(false);
    expect(await keys.activate('retired', TIME + 5)).toBe(false);
    expect(await keys.activate('unknown', TIME + 5)).toBe(false);
    const listed = await keys.list('oidc');
    expect(listed.map(({ id, activeFrom }) => [id, activeFrom])).toEqual([
      ['next', TIME + 5],
      ['retired', TIME + 9],
    ]);
  });
}

function stateSuite({ open }: DurableSubject): void {
  it('creates at version 0, replaces by version, and keeps namespaces apart', async () => {
    const store = await open();
    const state = store.state('one');
    expect(await state.get('step')).toBeUndefined();
    expect(await state.set('step', 'early', 1)).toBe(false);
    const created = await together((index) => state.set('step', String(index), 0));
    expect(created.filter(Boolean)).toHaveLength(1);
    expect(await state.get('step')).toEqual({ value: String(created.indexOf(true)), version: 1 });
    const moved = await together((index) => state.set('step', `next ${index}`, 1));
    expect(moved.filter(Boolean)).toHaveLength(1);
    expect(await state.get('step')).toEqual({ value: `next ${moved.indexOf(true)}`, version: 2 });
    expect(await store.state('two').get('step')).toBeUndefined();
  });
}

function recordSuite({ open }: DurableSubject): void {
  it('keeps records by id and lookup, each unique in its namespace', async () => {
    const store = await open();
    const records = store.records('people');
    const won = await together((index) => records.insert({ id: `r${index}`, lookup: 'ada', data: '{}' }));
    expect(won.filter(Boolean)).toHaveLength(1);
    const id = `r${won.indexOf(true)}`;
    expect(await records.byLookup('ada')).toEqual({ id, lookup: 'ada', data: '{}', version: 1 });
    expect(await records.insert({ id, data: 'other' })).toBe(false);
    expect(await store.records('other').insert({ id, lookup: 'ada', data: 'x' })).toBe(true);
    expect(await records.insert({ id: 'a', data: '一' })).toBe(true);
    expect(await records.insert({ id: 'b', data: '二' })).toBe(true);
    expect(await records.get('a')).toEqual({ id: 'a', data: '一', version: 1 });
    expect((await records.list({ limit: 2 })).map((record) => record.id)).toEqual(['a', 'b']);
    expect((await records.list({ after: 'b', limit: 2 })).map((record) => record.id)).toEqual([id]);
  });

  it('finds several by a key that they share, as long as it is theirs', async () => {
    const store = await open();
    const [some, others] = [store.records('keys-some'), store.records('keys-others')];
    await some.insert({ id: 'b', data: '1', keys: ['k', 'l', 'k'] });
    await some.insert({ id: 'a', data: '2', keys: ['k'] });
    await others.insert({ id: 'c', data: '3', keys: ['k'] });
    expect((await some.byKey('k', 5)).map(({ id }) => id)).toEqual(['a', 'b']);
    expect(await some.byKey('k', 1)).toHaveLength(1);
    expect(await some.byKey('l', 5)).toEqual([{ id: 'b', data: '1', version: 1 }]);
    expect(await some.update('b', 1, '4')).toBe(true);
    expect(await some.byKey('l', 5)).toHaveLength(1);
    expect(await some.update('b', 1, '5', ['m'])).toBe(false);
    expect(await some.update('b', 2, '5', ['m'])).toBe(true);
    expect([await some.byKey('l', 5), (await some.byKey('m', 5)).length]).toEqual([[], 1]);
    await some.remove('a');
    expect(await some.byKey('k', 5)).toEqual([]);
  });

  it('updates by version and removes once', async () => {
    const store = await open();
    const records = store.records('people');
    await records.insert({ id: 'a', lookup: 'ada', data: '0' });
    const won = await together((index) => records.update('a', 1, String(index)));
    expect(won.filter(Boolean)).toHaveLength(1);
    expect(await records.get('a')).toMatchObject({ data: String(won.indexOf(true)), lookup: 'ada', version: 2 });
    expect(await store.records('other').update('a', 2, 'x')).toBe(false);
    const removed = await together(() => records.remove('a'));
    expect(removed.filter(Boolean)).toHaveLength(1);
    expect(await records.byLookup('ada')).toBeUndefined();
  });
}

function sealedSuite({ open }: DurableSubject): void {
  /** What lies in one table, read in pages of two. */
  async function all(store: DurableStore, table: SealedTable): Promise<SealedRow[]> {
    const rows: SealedRow[] = [];
    for (;;) {
      const after = rows.at(-1);
      const page = await store.sealed.page(table, { limit: 2, ...(after && { after }) });
      rows.push(...page);
      if (page.length < 2) return rows;
    }
  }

  it('pages through sealed values of every kind', async () => {
    const store = await open();
    await store.accounts.link(ada);
    for (const id of ['b', 'a', 'c']) await store.credentials.insert({ ...device, id });
    await store.keys.insert({
      ...{ id: 'k', purpose: 'oidc', algorithm: 'RS256', sealed: '2.id.salt.body', createdAt: TIME, activeFrom: TIME },
    });
    for (const namespace of ['two', 'one']) {
      for (const id of ['b', 'a', 'plain']) {
        const value = id === 'plain' ? '{"a":1.5}' : `1.${namespace}.${id}`;
        await store.state(namespace).set(id, value, 0);
        await store.records(namespace).insert({ id, data: value });
      }
    }
    const ofOne = { table: 'credentials', namespace: 'key', value: '1.nonce.body', account: ada.id };
    expect(await all(store, 'credentials')).toEqual(['a', 'b', 'c'].map((id) => ({ ...ofOne, id })));
    expect(await all(store, 'keys')).toEqual([{ table: 'keys', namespace: 'oidc', id: 'k', value: '2.id.salt.body' }]);
    for (const table of ['state', 'records'] as const) {
      const found = (await all(store, table)).map(({ namespace, id, value }) => [namespace, id, value]);
      expect(found).toEqual(
        ['one', 'two'].flatMap((namespace) => ['a', 'b'].map((id) => [namespace, id, `1.${namespace}.${id}`])),
      );
    }
  });

  it('replaces what is still there, under the version that it had', async () => {
    const store = await open();
    await store.accounts.link(ada);
    await store.credentials.insert(device);
    await store.records('one').insert({ id: 'a', data: '1.a' });
    await store.state('one').set('a', '1.a', 0);
    const [[credential], [record], [state]] = await Promise.all([
      all(store, 'credentials'),
      all(store, 'records'),
      all(store, 'state'),
    ]);
    if (!credential || !record || !state) throw new Error('rows are missing');
    const rows = [credential, record, state].map((row) => ({ row, sealed: `2.${row.table}` }));
    expect((await together(() => store.sealed.replace(rows))).filter((count) => count > 0)).toEqual([3]);
    expect(await store.records('one').get('a')).toEqual({ id: 'a', data: '2.records', version: 1 });
    expect(await store.state('one').get('a')).toEqual({ value: '2.state', version: 1 });
    // An answer under way, read before, is stored after all; one stored since isn't overwritten.
    expect(await store.credentials.update(device.id, 1, { sealed: '2.newer' })).toBe(true);
    const late = { row: { ...credential, value: '2.credentials' }, sealed: '2.older' };
    expect(await store.sealed.replace([late])).toBe(0);
    expect(await store.credentials.ofAccount(ada.id)).toMatchObject([{ sealed: '2.newer', version: 2 }]);
  });
}
