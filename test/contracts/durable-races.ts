import { expect, it } from 'vitest';
import type { AuditEntry, NewAccount, StoredCredential } from '../../src/core/store.ts';
import type { DurableSubject } from './durable-suite.ts';

/*
 * What may happen once alone, or up to a number, asked for by many at the same moment: a store with several
 * connections answers really in parallel.
 */

const PARALLEL = 100;
const TIME = 1_795_000_000_000;

const ada: NewAccount = {
  ...{ id: 'account-1', directory: 'local', directoryKey: 'key-1', username: 'ada', name: 'Ada' },
  ...{ groups: [], createdAt: TIME },
};
const device: Omit<StoredCredential, 'version'> = {
  ...{ id: 'credential-1', account: ada.id, factor: 'key', name: 'Phone', sealed: '1.nonce.body', createdAt: TIME },
};

function together<T>(work: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: PARALLEL }, (_, index) => work(index)));
}

/** How many of those that may fail didn't. */
async function succeeded(work: (index: number) => Promise<unknown>): Promise<number> {
  const outcomes = await Promise.allSettled(Array.from({ length: PARALLEL }, (_, index) => work(index)));
  return outcomes.filter(({ status }) => status === 'fulfilled').length;
}

export function durableRaces({ open }: DurableSubject): void {
  it('counts no more failures than there may be, of several at once and in whatever order', async () => {
    const { failures } = await open();
    const orders = [
      ['a', 'b', 'c'],
      ['c', 'b', 'a'],
      ['b', 'c', 'a'],
    ];
    const counted = await together((index) => failures.count('ada', orders[index % 3] ?? [], { most: 40, at: TIME }));
    for (const of of ['a', 'b', 'c']) {
      const counts = counted.flatMap((rows) => rows.filter((row) => row.of === of).map(({ count }) => count));
      expect(counts.toSorted((one, other) => one - other)).toEqual(Array.from({ length: 40 }, (_, at) => at + 1));
    }
    expect(await failures.count('ada', ['a', 'd'], { most: 40, at: TIME })).toEqual([{ of: 'd', count: 1 }]);
    expect(await failures.ofSubject('bob')).toEqual([]);
  });

  it('begins a row of failures anew once, gives back no more than was counted, and ends it once', async () => {
    const { failures } = await open();
    await failures.count('ada', ['a'], { most: 3, at: TIME });
    const later = await together(() => failures.count('ada', ['a'], { most: 90, at: TIME + 9, since: TIME + 1 }));
    const counts = later.flatMap((rows) => rows.map(({ count }) => count));
    expect(counts.toSorted((one, other) => one - other)).toEqual(Array.from({ length: 90 }, (_, at) => at + 1));
    await together((index) => failures.giveBack('ada', index % 2 === 0 ? ['a', 'b'] : ['b', 'a']));
    expect(await failures.ofSubject('ada')).toEqual([{ of: 'a', count: 0 }]);
    await failures.count('ada', ['a', 'b'], { most: 9, at: TIME });
    const ended = await together(() => failures.end('ada'));
    expect(ended.flat().toSorted((one, other) => (one.of < other.of ? -1 : 1))).toEqual([
      { of: 'a', count: 1 },
      { of: 'b', count: 1 },
    ]);
  });

  it('lets one writer go on with an audit chain, and keeps nothing of the others', async () => {
    const { audit } = await open();
    const entry = (sequence: number, id: string): AuditEntry => ({
      ...{ id, node: 'n1', sequence, at: TIME, event: 'sign-in', detail: {}, hash: 'ab' },
    });
    const written = await succeeded((index) => audit.append([1, 2, 3].map((at) => entry(at, `${index}-${at}`))));
    expect(written).toBe(1);
    const ids = (await audit.ofNode('n1', { limit: 9 })).map(({ id }) => id.split('-')[0]);
    expect(ids).toHaveLength(3);
    expect(new Set(ids).size).toBe(1);
  });

  it('enrols one of many by the same id or lookup key, and removes it once', async () => {
    const { accounts, credentials } = await open();
    await accounts.link(ada);
    expect(await succeeded((index) => credentials.insert(device, [`own ${index}`]))).toBe(1);
    const rest = await succeeded((index) => credentials.insert({ ...device, id: `p-${index}` }, [`q-${index}`, 'one']));
    expect(rest).toBe(1);
    expect(await credentials.ofAccount(ada.id)).toHaveLength(2);
    const removed = await together(() => credentials.remove(device.id, ada.id));
    expect(removed.filter(Boolean)).toHaveLength(1);
  });

  it('keeps to the number there may be while others are replaced and removed', async () => {
    const { accounts, credentials } = await open();
    await accounts.link(ada);
    await together(async (index) => {
      const id = `c-${index}`;
      if (index % 3 === 0) await credentials.replace({ ...device, id });
      else await credentials.insert({ ...device, id }, [], 3);
      if (index % 5 === 0) await credentials.remove(id, ada.id);
    });
    const left = (await credentials.ofAccount(ada.id)).length;
    expect(left).toBeLessThanOrEqual(3);
  });

  it('keeps one consent of many given at once', async () => {
    const { accounts, consents } = await open();
    await accounts.link(ada);
    const consent = { account: ada.id, application: 'library', scopes: [], claims: [], resources: {} };
    await together((index) => consents.put({ ...consent, at: TIME + index }));
    expect(await consents.ofAccount(ada.id)).toHaveLength(1);
  });

  it('keeps one of many records with keys by the same id, updates it once, and leaves no key behind', async () => {
    const records = (await open()).records('people');
    const won = await together((index) => records.insert({ id: 'a', data: '0', keys: [`k${index}`, 'all'] }));
    expect(won.filter(Boolean)).toHaveLength(1);
    expect((await records.byKey(`k${won.indexOf(true)}`, 2)).map(({ id }) => id)).toEqual(['a']);
    expect(await records.byKey(`k${won.indexOf(false)}`, 2)).toEqual([]);
    const moved = await together((index) => records.update('a', 1, String(index), { keys: [`m${index}`] }));
    expect(moved.filter(Boolean)).toHaveLength(1);
    expect(await records.byKey(`m${moved.indexOf(true)}`, 2)).toHaveLength(1);
    expect(await records.byKey(`m${moved.indexOf(false)}`, 2)).toEqual([]);
    const removed = await together(() => records.remove('a', 2));
    expect(removed.filter(Boolean)).toHaveLength(1);
    await records.insert({ id: 'a', data: '0' });
    expect(await records.byKey(`m${moved.indexOf(true)}`, 2)).toEqual([]);
  });

  it('lets one of many be found by what is to be one’s alone, whichever way they come to it', async () => {
    const store = await open();
    const records = store.records('some');
    const names = (index: number) => ({ id: `r${index}`, lookup: `l${index}`, data: '0' });
    const alone = { lookups: ['l0', 'l1'], keys: ['mail'] };
    const added = await together((index) => records.insert({ ...names(index), keys: ['mail'], alone }));
    expect(added.filter(Boolean)).toHaveLength(1);
    expect(await records.byKey('mail', 100)).toHaveLength(1);
    // By the lookup of one another could be found.
    const crossed = await together((index) => {
      const [own, others] = [`c${index % 2}`, [`c${(index + 1) % 2}`, `c${index % 2}`]];
      return records.insert({ id: `${own}-${index}`, lookup: own, data: '0', alone: { lookups: others } });
    });
    expect(crossed.filter(Boolean)).toHaveLength(1);
    for (let index = 0; index < 20; index += 1) await records.insert({ id: `m${index}`, data: '0' });
    const moved = await together((index) =>
      records.update(`m${index % 20}`, 1, '1', { keys: ['wanted'], alone: { keys: ['wanted'] } }),
    );
    expect(moved.filter(Boolean)).toHaveLength(1);
    const [winner] = await records.byKey('wanted', 100);
    expect(await records.update(winner?.id ?? '', 2, '2', { alone: { keys: ['wanted'] } })).toBe(true);
    // Elsewhere it is somebody else's.
    expect(await store.records('others').insert({ ...names(1), keys: ['mail'], alone })).toBe(true);
    expect((await records.list({ limit: 100 })).map(({ id }) => id)).toHaveLength(22);
  });

  it('keeps the keys of a record that has come in the place of one that goes', async () => {
    const records = (await open()).records('people');
    await records.insert({ id: 'a', data: '0', keys: ['k'] });
    await together(async (index) => {
      if (index % 2 === 0) await records.remove('a');
      else await records.insert({ id: 'a', data: '0', keys: ['k'] });
    });
    const there = await records.get('a');
    expect(await records.byKey('k', 2)).toHaveLength(there ? 1 : 0);
  });
}

/** What databases may disagree on. */
export function durableTexts({ open }: DurableSubject): void {
  it('compares and orders text by its bytes', async () => {
    const records = (await open()).records('texts');
    const ids = ['ö', 'o\u0308', 'a', 'B', 'ß', 'ss', '_', 'Z', 'ab', 'a b', 'ﬁ', '\u{1F6AA}', 'a\u200b', ''];
    for (const id of ids) expect(await records.insert({ id, lookup: id, data: id })).toBe(true);
    const byBytes = ids.toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
    expect((await records.list({ limit: 99 })).map(({ id }) => id)).toEqual(byBytes);
    const read: string[] = [];
    for (let after: string | undefined; ; after = read.at(-1)) {
      const page = await records.list({ limit: 3, ...(after === undefined ? {} : { after }) });
      read.push(...page.map(({ id }) => id));
      if (page.length < 3) break;
    }
    expect(read).toEqual(byBytes);
    for (const other of ['b', 'A', 'SS', 'fi', 'ö ']) expect(await records.byLookup(other)).toBeUndefined();
  });

  it('finds nobody by a name with a NUL in it', async () => {
    const store = await open();
    await store.accounts.link(ada);
    expect(await store.accounts.byDirectoryKey('local', 'key-1\0')).toBeUndefined();
    expect(await store.accounts.search('ada\0', { limit: 5, groups: ['staff'] })).toEqual([]);
    expect(await store.credentials.byLookup('key', '\0')).toBeUndefined();
    expect(await store.records('people').byLookup('ada\0')).toBeUndefined();
    expect(await store.records('people').byKey('ada\0', 5)).toEqual([]);
  });

  it('keeps whatever else a text may be, and the largest numbers there are', async () => {
    const store = await open();
    const long = '愛'.repeat(300_000);
    await store.records('texts').insert({ id: 'x', data: `'"\\;--\u0001\u007f\ufeff ${long}` });
    expect((await store.records('texts').get('x'))?.data).toBe(`'"\\;--\u0001\u007f\ufeff ${long}`);
    const account = await store.accounts.link({ ...ada, createdAt: Number.MAX_SAFE_INTEGER });
    expect(account.createdAt).toBe(Number.MAX_SAFE_INTEGER);
    expect((await store.accounts.byId(ada.id))?.createdAt).toBe(Number.MAX_SAFE_INTEGER);
  });
}
