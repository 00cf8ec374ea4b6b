import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../../test/support/folders.ts';
import { storeModules } from '../../test/support/stores.ts';
import { taggedKey } from '../core/keys.ts';
import type { EphemeralStore } from '../core/store.ts';
import { withFormerKeys } from './former-keys.ts';

const MINUTE = 60_000;
const KEY = taggedKey('oidc:session', 'one');
const FORMER = 'oidc:session:one';

async function opened(): Promise<{ before: EphemeralStore; store: EphemeralStore }> {
  const module = (await storeModules()).ephemeral.find(({ id }) => id === 'embedded');
  if (!module) throw new Error('there is no embedded store');
  const before = await module.open(module.settings.parse({ file: join(temporaryFolder(), 'ephemeral.db') }), {
    now: Date.now,
  });
  onTestFinished(() => before.close());
  return { before, store: withFormerKeys(before) };
}

it('finds what an earlier version kept, changes it where it is, and ends it', async () => {
  const { before, store } = await opened();
  await before.set(FORMER, 'old', MINUTE);
  expect(await store.get(KEY)).toBe('old');
  expect(await store.getMany(['none', KEY, 'oidc:session-id:x'])).toEqual([undefined, 'old', undefined]);
  expect(await store.add(KEY, 'another', MINUTE)).toBe(false);
  expect(await store.swap(KEY, 'old', 'raised')).toBe(true);
  expect(await store.swap(KEY, 'old', 'again')).toBe(false);
  expect(await before.get(FORMER)).toBe('raised');
  expect(await store.expire(KEY, MINUTE)).toBe(true);
  await store.delete(KEY);
  expect(await before.getMany([KEY, FORMER])).toEqual([undefined, undefined]);
  expect(await store.add(KEY, 'new', MINUTE)).toBe(true);
  expect(await before.getMany([KEY, FORMER])).toEqual(['new', undefined]);
});

it('lets one of many use what an earlier version kept', async () => {
  const { before, store } = await opened();
  await before.set(FORMER, 'old', MINUTE);
  const taken = await Promise.all(Array.from({ length: 100 }, () => store.take(KEY)));
  expect(taken.filter((value) => value !== undefined)).toEqual(['old']);
  await before.set('oidc:consumed:AuthorizationCode:x', '1', MINUTE);
  expect(await store.add(taggedKey('oidc:consumed:AuthorizationCode', 'x'), '1', MINUTE)).toBe(false);
});

it('takes what an earlier version counted off its account', async () => {
  const { before, store } = await opened();
  const entry = { owner: 'a', weight: 10, ttl: MINUTE, most: 10, total: 100, patience: MINUTE };
  expect(await before.reserve({ ...entry, key: FORMER })).toMatchObject({ allowed: true });
  await store.release(KEY);
  expect(await store.reserve({ ...entry, key: 'other' })).toMatchObject({ allowed: true });
});
