import { expect, it } from 'vitest';
import { ada, type DurableSubject, device, TIME, together } from './subject.ts';

export function credentialSuite({ open }: DurableSubject): void {
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

  it('writes a record with a change of a credential, or neither', async () => {
    const { accounts, credentials, records } = await open();
    await accounts.link(ada);
    await credentials.insert(device);
    const noted = records('notes');
    const beside = (data: string) => ({ namespace: 'notes', record: { id: device.id, keys: [ada.id], data } });
    expect(await credentials.suspend(device.id, 'someone-else', TIME, beside('no'))).toBe(false);
    expect(await credentials.update(device.id, 7, { sealed: 'no' }, beside('no'))).toBe(false);
    expect(await noted.byKey(ada.id, 10)).toEqual([]);
    const done = await together((index) => credentials.suspend(device.id, ada.id, TIME, beside(`${index}`)));
    const record = { id: device.id, data: `${done.indexOf(true)}`, version: 1 };
    expect(await noted.byKey(ada.id, 10)).toEqual([record]);
    // Another one of that id is told first: it stays.
    expect(await credentials.update(device.id, 2, { sealed: 'new' }, beside('other'))).toBe(true);
    expect(await noted.byKey(ada.id, 10)).toEqual([record]);
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
