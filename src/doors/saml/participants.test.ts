import { describe, expect, it } from 'vitest';
import { NAME_ID_FORMATS } from '../../saml/model.ts';
import { memoryStore } from './logout/testing/store.ts';
import { createParticipants } from './participants.ts';

const name = (value: string) => ({ value, format: NAME_ID_FORMATS.persistent });

function counted() {
  const store = memoryStore(() => 0);
  const writes: string[] = [];
  const addMember: typeof store.addMember = async (key, value, ttl) => {
    writes.push(key);
    await store.addMember(key, value, ttl);
  };
  return { store: { ...store, addMember }, writes };
}

describe('the names that service providers were given', () => {
  it('keeps all that were issued with an index, and writes each once', async () => {
    const { store, writes } = counted();
    const participants = createParticipants(store, 1000);
    expect(await participants.nameIdsOf('index')).toEqual([]);
    for (const value of ['a', 'a', 'b', 'b', 'a']) await participants.remember('index', name(value));
    expect(await participants.nameIdsOf('index')).toEqual([name('a'), name('b')]);
    expect(writes).toHaveLength(2);
    expect(writes.join()).not.toContain('index');
  });

  it('writes again after a write that failed', async () => {
    const { store, writes } = counted();
    let away = true;
    const addMember: typeof store.addMember = (...given) =>
      away ? Promise.reject(new Error('away')) : store.addMember(...given);
    const participants = createParticipants({ ...store, addMember }, 1000);
    await expect(participants.remember('index', name('a'))).rejects.toThrow('away');
    away = false;
    await participants.remember('index', name('a'));
    expect(writes).toHaveLength(1);
  });

  it('is there for every node', async () => {
    const { store } = counted();
    const [first, second] = [createParticipants(store, 1000), createParticipants(store, 1000)];
    await first.remember('index', name('a'));
    await second.remember('index', name('b'));
    expect(await first.nameIdsOf('index')).toEqual([name('a'), name('b')]);
  });
});
