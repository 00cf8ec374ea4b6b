import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { openDurable } from '../../../test/support/durable.ts';
import { createSealer } from '../../core/seal.ts';
import { SEALED_TABLES } from '../../core/store.ts';
import { guarded } from './guard.ts';
import type { Places } from './places.ts';

const sealer = createSealer(new Uint8Array(32).fill(7));
const places: Places = {
  lyingAt: ({ namespace, id }) =>
    namespace === 'known' ? { what: 'known things', context: `known:${id}` } : undefined,
};

describe('a sealed value', () => {
  it('is taken in a declared place under its context, and anything else anywhere', async () => {
    const { durable } = await openDurable();
    const store = guarded(durable, places, sealer);
    const records = store.records('known');
    expect(await records.insert({ id: 'a', data: sealer.seal('1', 'known:a') })).toBe(true);
    expect(await records.update('a', 1, sealer.seal('2', 'known:a'))).toBe(true);
    expect(await records.update('a', 2, sealer.seal('3', 'known:a'), { keys: ['key'] })).toBe(true);
    expect((await records.byKey('key', 2)).map(({ id }) => id)).toEqual(['a']);
    expect(await store.state('known').set('a', sealer.seal('1', 'known:a'), 0)).toBe(true);
    expect(await records.insert({ id: 'b', data: JSON.stringify({ secret: sealer.seal('1', 'known:b') }) })).toBe(true);
    expect(await store.records('other').insert({ id: 'a', data: '{"plain":1.5}' })).toBe(true);
  });

  it.each([
    ['in a place that nobody declared', 'other', sealer.seal('1', 'known:a'), /isn't declared/],
    ['there within a document', 'other', JSON.stringify({ secret: sealer.seal('1', 'known:a') }), /isn't declared/],
    ['as one of two', 'known', JSON.stringify(['known:a', 'a'].map((it) => sealer.seal('1', it))), /belongs elsewhere/],
    ['under another context', 'known', sealer.seal('1', 'known:b'), /belongs elsewhere/],
  ])('is refused %s, and never repeated', async (_, namespace, value, message) => {
    const { durable } = await openDurable();
    await durable.records(namespace).insert({ id: 'a', data: 'before' });
    const store = guarded(durable, places, sealer);
    const writes = [
      () => store.records(namespace).insert({ id: 'a', data: value }),
      () => store.records(namespace).update('a', 1, value),
      () => store.state(namespace).set('a', value, 0),
    ];
    for (const write of writes) {
      await expect(write()).rejects.toThrow(message);
      await expect(write()).rejects.toThrow(expect.objectContaining({ message: expect.not.stringContaining(value) }));
    }
    expect(await durable.records(namespace).get('a')).toMatchObject({ data: 'before', version: 1 });
  });
});

/** Tables that hold nothing sealed. Another one belongs here, or into SEALED_TABLES. */
const PLAIN = [
  ...['accounts', 'audit', 'consents', 'counts', 'count_sources', 'credential_lookups', 'day_counts'],
  ...['failures', 'record_keys', 'schema_versions'],
];

it('lies in tables that are looked through, and every table is known', async () => {
  const { file } = await openDurable();
  const db = new DatabaseSync(file, { readOnly: true });
  const names = db.prepare("select name from sqlite_master where type = 'table'").all() as { name: string }[];
  db.close();
  const own = names.map(({ name }) => name).filter((name) => !/^(kysely_|sqlite_)/.test(name));
  expect(own.sort()).toEqual([...PLAIN, ...SEALED_TABLES].sort());
});
