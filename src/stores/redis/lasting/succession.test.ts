import { beforeEach, describe, expect, it } from 'vitest';
import type { StateStore } from '../../../core/store.ts';
import { createSuccession, type Succession } from './succession.ts';

const UNAVAILABLE = { code: 'ERR_STORE_UNAVAILABLE' };
const sole = (history: string) => ({ history, epoch: undefined, slots: [0] });

function memory(): StateStore {
  const kept = new Map<string, { value: string; version: number }>();
  return {
    get: async (key) => kept.get(key),
    async set(key, value, version) {
      if ((kept.get(key)?.version ?? 0) !== version) return false;
      kept.set(key, { value, version: version + 1 });
      return true;
    },
  };
}

describe('the succession of primaries', () => {
  let one: Succession;
  let other: Succession;
  beforeEach(() => {
    const state = memory();
    [one, other] = [createSuccession({ state }, 'group'), createSuccession({ state }, 'group')];
  });

  it('lets nobody record at a primary that another has replaced, whatever they had begun', async () => {
    await one.claim(sole('first'));
    const spell = await one.beginAlone('first', 0);
    expect(await one.isAlone('first', 0, spell)).toBe(true);
    expect(await other.claim(sole('second'))).toMatchObject({ spells: [spell], restored: false });
    // It was cut off, and still answers the first node.
    expect(await one.isAlone('first', 0, spell)).toBe(false);
    await expect(one.beginAlone('first', 0)).rejects.toMatchObject(UNAVAILABLE);
    await expect(one.of('first')).rejects.toMatchObject(UNAVAILABLE);
    await expect(one.claim(sole('first'))).rejects.toMatchObject(UNAVAILABLE);
  });

  it('ends a spell only by what was confirmed after the last record of it', async () => {
    await one.claim(sole('first'));
    const spell = await one.beginAlone('first', 0);
    const ended = one.endAlone('first', async () => {
      // Nothing counts by a record any more. Then the replica goes again, and comes back once more.
      expect(await other.isAlone('first', 0, spell)).toBe(false);
      expect(await other.beginAlone('first', 0)).toBe(spell);
      expect(await other.isAlone('first', 0, spell)).toBe(true);
      expect(await other.endAlone('first', async () => false)).toBe(false);
      return true;
    });
    expect(await ended).toBe(false);
    expect([...(await one.spells())]).toEqual([spell]);
    expect(await one.endAlone('first', async () => true)).toBe(true);
    expect([...(await one.spells())]).toEqual([]);
    expect((await one.of('first')).alone).toBe('no');
  });

  it('is the same for many that come at once', async () => {
    const entries = await Promise.all(
      Array.from({ length: 10 }, (_, at) => [one, other][at % 2]?.claim(sole('first'))),
    );
    expect(new Set(entries.map((entry) => JSON.stringify(entry))).size).toBe(1);
    const spells = await Promise.all(
      Array.from({ length: 10 }, (_, at) => [one, other][at % 2]?.beginAlone('first', 0)),
    );
    expect(new Set(spells).size).toBe(1);
  });
});
