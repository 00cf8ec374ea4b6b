import { describe, expect, it } from 'vitest';
import { observed } from './stores.ts';

/** A store of every shape that the contracts have: operations, groups of them, and parts by a name. */
function storeOf() {
  const kept = { calls: 0 };
  return {
    accounts: { byId: async (id: string) => `account ${id}` },
    records: (namespace: string) => ({
      async get(id: string) {
        if (id === 'bad') throw new Error('away');
        return `${namespace}/${id}`;
      },
    }),
    async ping() {
      kept.calls += 1;
      return this.calls();
    },
    calls: async () => kept.calls,
    close: async () => {},
  };
}

describe('a store that is observed', () => {
  it('tells every operation by its name in the contract, and answers what it did', async () => {
    const told: [store: string, operation: string, outcome: string][] = [];
    const store = observed('durable', storeOf(), (name, operation) => (begun, answer) => {
      expect(begun).toBeLessThanOrEqual(performance.now());
      answer.then(
        () => told.push([name, operation, 'ok']),
        () => told.push([name, operation, 'failed']),
      );
    });
    expect(await store.accounts.byId('a')).toBe('account a');
    expect(await store.records('letters').get('b')).toBe('letters/b');
    await expect(store.records('letters').get('bad')).rejects.toThrow('away');
    expect(await store.ping()).toBe(1);
    await store.close();
    expect(told).toEqual([
      ['durable', 'accounts.byId', 'ok'],
      ['durable', 'records.get', 'ok'],
      ['durable', 'records.get', 'failed'],
      ['durable', 'ping', 'ok'],
    ]);
  });
});
