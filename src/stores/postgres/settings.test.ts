import { expect, it } from 'vitest';
import { isSameDatabase, settings } from './settings.ts';

const same = (one: object, other: object) => isSameDatabase(settings.parse(one), settings.parse(other));

it('is the same database by another way', () => {
  const parts = { host: 'db', database: 'people', user: 'me' };
  expect(same({ url: 'postgresql://me:old@db/people' }, { url: 'postgresql://you:new@db/people' })).toBe(true);
  expect(same({ url: 'postgresql://me:old@db/people' }, parts)).toBe(true);
  expect(same(parts, { ...parts, pool: { max: 20 }, timeouts: { connect: '1s' }, tls: { serverName: 'x' } })).toBe(
    true,
  );
});

it('is another one, or one of which it can’t be known', () => {
  const url = 'postgresql://me@db/people';
  for (const other of ['db/others', 'db2/people', 'db:5433/people'])
    expect(same({ url }, { url: `postgresql://me@${other}` })).toBe(false);
});
