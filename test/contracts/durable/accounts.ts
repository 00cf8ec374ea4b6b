import { expect, it } from 'vitest';
import { ada, type DurableSubject, device, PARALLEL, TIME, together } from './subject.ts';

export function accountSuite({ open, reopen }: DurableSubject): void {
  it('links an account and finds it again, also after it was closed', async () => {
    const store = await open();
    const linked = await store.accounts.link(ada);
    expect(linked).toEqual({ ...ada, revokedBefore: 0, generation: 0, countedTo: 0, version: 1 });
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
    expect(await accounts.endAll(ada.id, TIME)).toBe(1);
    const { email: _, ...withoutMail } = ada;
    const changed = await accounts.link({ ...withoutMail, id: 'other', name: 'Ada', groups: [], createdAt: TIME + 1 });
    expect(changed).toMatchObject({ id: 'account-1', name: 'Ada', groups: [], createdAt: TIME, locale: 'zh-Hant' });
    expect(changed.email).toBeUndefined();
    expect(changed).toMatchObject({ revokedBefore: TIME, countedTo: TIME, generation: 1 });
    expect(await accounts.link({ ...withoutMail, name: 'Ada', groups: [] })).toEqual(changed);
  });

  it('keeps how a directory last answered for somebody, until it answers again', async () => {
    const { accounts } = await open();
    const seen = { status: 'active', at: TIME } as const;
    await accounts.link({ ...ada, seen });
    expect((await accounts.link(ada)).seen).toEqual(seen);
    await accounts.setSeen(ada.id, { status: 'disabled', at: TIME + 1 });
    expect((await accounts.byId(ada.id))?.seen).toEqual({ status: 'disabled', at: TIME + 1 });
    expect((await accounts.link({ ...ada, seen: { status: 'active', at: TIME + 2 } })).seen?.at).toBe(TIME + 2);
  });

  it('makes one account of many parallel first sign-ins', async () => {
    const { accounts } = await open();
    const linked = await together((index) => accounts.link({ ...ada, id: `account-${index}` }));
    expect(new Set(linked.map((account) => account.id)).size).toBe(1);
    expect(await accounts.list()).toHaveLength(1);
  });

  it('counts each end of everything, whatever the clocks say, and moves its moment forward, never back', async () => {
    const { accounts } = await open();
    await accounts.link(ada);
    expect(await accounts.endAll(ada.id, TIME + 5)).toBe(1);
    expect(await accounts.endAll(ada.id, TIME)).toBe(2);
    expect(await accounts.byId(ada.id)).toMatchObject({ revokedBefore: TIME + 5, countedTo: TIME + 5, generation: 2 });
    const generations = await together((index) => accounts.endAll(ada.id, TIME + index));
    expect(generations.toSorted((a, b) => Number(a) - Number(b))).toEqual(generations.map((_, index) => index + 3));
    expect((await accounts.byId(ada.id))?.revokedBefore).toBe(TIME + PARALLEL - 1);
    expect(await accounts.endAll('absent', TIME)).toBeUndefined();
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
