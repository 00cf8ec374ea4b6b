import { expect, it } from 'vitest';
import type { Account } from '../core/account.ts';
import { readingBeside } from './homes.ts';

const account = (over: Partial<Account> = {}): Account => ({
  ...{ id: 'a', directory: 'campus', directoryKey: '7', username: 'ada', name: 'Ada', createdAt: 0 },
  ...{ revokedBefore: 0, generation: 0, countedTo: 0, version: 1 },
  ...over,
});

function place(found: () => Account | undefined, asked: (key: string) => Promise<unknown>) {
  const told: string[] = [];
  const byKey = (key: string) => {
    told.push(`person ${key}`);
    return asked(key);
  };
  const byId = async () => {
    told.push('account');
    return found();
  };
  const needs = { durable: { accounts: { byId } }, directories: new Map([['campus', { byKey }]]) };
  return { read: readingBeside(needs as never), told };
}

it('asks who is behind an account beside it once it has been seen, and after it: what was read first is not newer', async () => {
  const { read, told } = place(
    () => account(),
    async (key) => ({ key }),
  );
  expect(await read('a')).toEqual([account()]);
  expect(await read('a')).toEqual([account(), { key: '7' }]);
  expect(told).toEqual(['account', 'account', 'person 7']);
});

it('says nothing of anybody else, nor of an account that is gone, whatever the directory does', async () => {
  let present: Account | undefined = account();
  const { read } = place(
    () => present,
    async () => {
      throw new Error('away');
    },
  );
  await read('a');
  await expect(read('a')).rejects.toThrow('away');
  present = account({ directoryKey: '8' });
  expect(await read('a')).toEqual([present]);
  present = undefined;
  expect(await read('a')).toEqual([]);
});
