import type { LockoutNeeds } from './needs.ts';

/** A budget whose failures somebody else counts as well. */
interface Tallied {
  key: string;
  ttl: number;
}

/**
 * Failures that are over, each with a name of its own, so that of any number of right answers one makes up for it. A
 * budget that simply began anew would forget those in flight, which the directory still counts after the right one.
 */
export function createTallies({ ephemeral, random }: Pick<LockoutNeeds, 'ephemeral' | 'random'>) {
  const listKey = (key: string) => `${key}:failed`;
  const failureKey = (key: string, id: string) => `${key}:failed:${id}`;

  return {
    async add(budgets: readonly Tallied[]): Promise<void> {
      for (const { key, ttl: whole } of budgets) {
        // It ends before the budget does: what that begins with anew mustn't be made up for by former ones.
        const ttl = Math.floor(whole * 0.9);
        const id = Buffer.from(random(12)).toString('base64url');
        await ephemeral.set(failureKey(key, id), '1', ttl);
        await ephemeral.addMember(listKey(key), id, ttl);
      }
    },

    /** Those of each budget at this moment. */
    async of(budgets: readonly Tallied[]): Promise<Map<string, string[]>> {
      const found = budgets.map(async ({ key }) => [key, await ephemeral.members(listKey(key))] as const);
      return new Map(await Promise.all(found));
    },

    /** These budgets begin anew: nothing is made up for by former failures. */
    async forget(keys: readonly string[]): Promise<void> {
      for (const key of keys) {
        const ids = await ephemeral.members(listKey(key));
        await ephemeral.delete(listKey(key), ...ids.map((id) => failureKey(key, id)));
      }
    },

    /** They are made up for: each is given back once. */
    async settle(over: ReadonlyMap<string, readonly string[]>): Promise<void> {
      for (const [key, ids] of over) {
        for (const id of ids) {
          if ((await ephemeral.take(failureKey(key, id))) !== undefined) await ephemeral.refund(key);
          await ephemeral.removeMember(listKey(key), id);
        }
      }
    },
  };
}
