import { expect, it } from 'vitest';
import { isSameRedis, settings } from './settings.ts';

const same = (one: object, other: object) => isSameRedis(settings.parse(one), settings.parse(other));

it('is the same by another user or way, and not another place in it', () => {
  const url = 'redis://r/0';
  expect(same({ url: 'redis://me:old@r/0' }, { url: 'redis://me:new@r/0' })).toBe(true);
  expect(same({ url }, { url, user: 'me', password: 'x', confirmReplicas: 1 })).toBe(true);
  expect(same({ url }, { url: 'redis://r/1' })).toBe(false);
  expect(same({ url }, { url, prefix: 'other:' })).toBe(false);
  expect(same({ url: '/run/a@b' }, { url: '/run/c@b' })).toBe(false);
  expect(same({ url: 'redis://r:1' }, { cluster: ['r:1'] })).toBe(false);
});

it('knows Sentinels and a cluster by one that was named before', () => {
  const at = (...sentinels: string[]) => ({ sentinels, name: 'main' });
  expect(same(at('a:1', 'b:1'), at('b:1', 'c:1'))).toBe(true);
  expect(same(at('a:1'), at('c:1'))).toBe(false);
  expect(same(at('a:1'), { ...at('a:1'), name: 'other' })).toBe(false);
  expect(same(at('a:1'), { ...at('a:1'), database: 1 })).toBe(false);
  expect(same({ cluster: ['a:1', 'b:1'] }, { cluster: ['a:1'] })).toBe(true);
  expect(same({ cluster: ['a:1'] }, { cluster: ['b:1'] })).toBe(false);
});
