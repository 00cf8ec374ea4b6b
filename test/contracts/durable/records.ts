import { expect, it } from 'vitest';
import type { DurableStore, SealedRow, SealedTable } from '../../../src/core/store.ts';
import { ada, type DurableSubject, device, TIME, together } from './subject.ts';

export function recordSuite({ open }: DurableSubject): void {
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
    expect(await some.update('b', 1, '5', { keys: ['m'] })).toBe(false);
    expect(await some.update('b', 2, '5', { keys: ['m'] })).toBe(true);
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

  it('moves a record to another lookup, which one of many gets, and frees the former', async () => {
    const store = await open();
    const records = store.records('renamed');
    await records.insert({ id: 'a', lookup: 'ada', data: '0', keys: ['kept'] });
    expect(await records.update('a', 1, '1', { lookup: 'lovelace' })).toBe(true);
    expect(await records.byLookup('ada')).toBeUndefined();
    expect(await records.byLookup('lovelace')).toMatchObject({ id: 'a', data: '1', version: 2 });
    expect(await records.byKey('kept', 2)).toHaveLength(1);
    expect(await records.insert({ id: 'b', lookup: 'ada', data: '0' })).toBe(true);
    expect(await records.update('b', 1, '1', { lookup: 'lovelace' })).toBe(false);
    expect(await records.get('b')).toMatchObject({ lookup: 'ada', data: '0', version: 1 });
    expect(await records.update('a', 1, '2', { keys: [], lookup: 'else' })).toBe(false);
    const ids = Array.from({ length: 20 }, (_, at) => `many${at}`);
    for (const id of ids) await records.insert({ id, lookup: id, data: '0' });
    const won = await Promise.all(ids.map((id) => records.update(id, 1, '1', { keys: ['key'], lookup: 'wanted' })));
    expect(won.filter(Boolean)).toHaveLength(1);
    expect(await records.byLookup('wanted')).toMatchObject({ id: ids[won.indexOf(true)] });
    expect(await records.byKey('key', 100)).toHaveLength(1);
  });
}

export function sealedSuite({ open }: DurableSubject): void {
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
