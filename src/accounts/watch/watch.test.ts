import { describe, expect, it } from 'vitest';
import { openDurable } from '../../../test/support/durable.ts';
import { recordingAudit, recordingLog } from '../../../test/support/recording.ts';
import type { Changes, Directory, Person, Standing } from '../../core/directory.ts';
import { SallyportError } from '../../core/errors.ts';
import { createWatch } from './index.ts';

const MINUTE = 60_000;
const PACE = { every: MINUTE, complete: 15 * MINUTE, most: 10 };

/** A directory in memory, of which a test has pages, and where reading them ends. */
async function scene(people: number) {
  const { durable } = await openDurable();
  const { audit, events } = recordingAudit();
  const { log, lines } = recordingLog();
  const all = new Map<string, Person>();
  const clock = { now: 1_800_000_000_000 };
  const ended: string[] = [];
  const wire = { failsAfter: Number.POSITIVE_INFINITY, changed: [] as string[], onEnd: async () => {} };
  for (let index = 0; index < people; index += 1) {
    const key = `key-${index}`;
    all.set(key, { key, username: key, name: key, status: 'active' });
    await durable.accounts.link({
      id: key,
      directory: 'campus',
      directoryKey: key,
      username: key,
      name: key,
      createdAt: 0,
    });
  }
  const away = () => new SallyportError('ERR_DIRECTORY_UNAVAILABLE', 'campus is away');
  const changes: Changes = {
    here: async () => 'here',
    since: async (_cursor, each) => {
      await each(wire.changed);
      return 'here';
    },
    async *everybody(): AsyncGenerator<Standing[]> {
      let pages = 0;
      for (const person of [...all.values()]) {
        if (pages === wire.failsAfter) throw away();
        pages += 1;
        yield [person];
      }
      if (pages <= wire.failsAfter && wire.failsAfter !== Number.POSITIVE_INFINITY) throw away();
    },
  };
  const directory = { changes } as unknown as Directory; // The watch asks for nothing else.
  const watch = createWatch(
    {
      ...{ now: () => clock.now, durable, audit, log },
      accounts: { refresh: async (_directory, key) => all.get(key) },
      endEverything: async (account) => {
        await wire.onEnd();
        ended.push(account);
      },
    },
    new Map([['campus', directory]]),
    () => PACE,
  );
  const later = async (minutes: number) => {
    clock.now += minutes * MINUTE;
    return watch.look('campus');
  };
  return { watch, later, all, wire, ended, events, lines, clock, durable };
}

describe('a watch', () => {
  it('says nothing of anybody where a look ended in the middle', async () => {
    const { watch, later, all, wire, ended } = await scene(30);
    expect(await watch.look('campus')).toBe(true);
    all.delete('key-29');
    wire.failsAfter = 10;
    for (let looks = 0; looks < 4; looks += 1) await expect(later(16)).rejects.toThrow('away');
    expect(ended).toEqual([]);
    wire.failsAfter = Number.POSITIVE_INFINITY;
    await later(16);
    expect(ended).toEqual([]);
    await later(3);
    expect(ended).toEqual(['key-29']);
  });

  it('ends those again whom a node that died had not written down', async () => {
    const { watch, later, all, wire, ended, durable } = await scene(5);
    await watch.look('campus');
    for (const key of ['key-1', 'key-2']) all.set(key, { key, username: key, name: key, status: 'disabled' });
    wire.changed = ['key-1', 'key-2'];
    wire.onEnd = async () => {
      if (ended.length === 1) throw new Error('killed');
    };
    await expect(later(1)).rejects.toThrow('killed');
    wire.onEnd = async () => {};
    await later(1);
    expect(ended).toEqual(['key-1', 'key-2']);
    expect((await durable.accounts.byId('key-2'))?.standing).toBe('disabled');
    await later(1);
    expect(ended).toHaveLength(2);
  });

  it('asks as well where they leave a few at a time, and ends single ones beside', async () => {
    const { watch, later, all, wire, ended, events } = await scene(200);
    await watch.look('campus');
    const disable = (from: number, until: number) => {
      wire.changed = [];
      for (let index = from; index < until; index += 1) {
        const key = `key-${index}`;
        all.set(key, { key, username: key, name: key, status: 'disabled' });
        wire.changed.push(key);
      }
    };
    for (let batch = 0; batch < 5; batch += 1) {
      disable(batch * 8, batch * 8 + 8);
      await later(1);
    }
    expect(ended).toHaveLength(16);
    expect(events.filter(({ event }) => event === 'directory.asks')).toHaveLength(1);
    // A look at everybody has them all, and asks still.
    await later(1);
    expect(ended).toHaveLength(16);
    expect(await watch.confirm('campus')).toBe(24);
    await later(1);
    expect(ended).toHaveLength(40);
    expect(new Set(ended).size).toBe(40);
  });

  it('asks before it keeps many in mind who were moved away at once', async () => {
    const { watch, later, all, wire, ended, lines } = await scene(100);
    await watch.look('campus');
    for (let index = 0; index < 60; index += 1) {
      wire.changed.push(`key-${index}`);
      all.delete(`key-${index}`);
    }
    await later(1);
    const [first] = await watch.states();
    expect(first?.state).toMatchObject({ asking: { leaving: 60, known: 100 }, suspects: {} });
    // They are back: nobody was ended, and it goes on by itself.
    for (const key of wire.changed) all.set(key, { key, username: key, name: key, status: 'active' });
    await later(1);
    await later(16);
    expect(ended).toEqual([]);
    expect(await watch.troubles()).toEqual([]);
    expect(lines.filter(({ message }) => message.includes('as before'))).toHaveLength(1);
  });

  it('ends single ones while it asks for many, and goes on asking', async () => {
    const { watch, later, all, wire, ended } = await scene(100);
    await watch.look('campus');
    for (let index = 0; index < 60; index += 1) all.delete(`key-${index}`);
    await later(16);
    all.set('key-99', { key: 'key-99', username: 'key-99', name: 'key-99', status: 'disabled' });
    wire.changed = ['key-99', 'key-1'];
    await later(1);
    await later(3);
    expect(ended).toEqual(['key-99']);
    expect(await watch.troubles()).toMatchObject([{ state: 'asks' }]);
  });

  it('ends at once whom their directory refuses, and never as many as it would ask about', async () => {
    const { watch, all, ended, events, durable } = await scene(200);
    await watch.look('campus');
    const refuse = async (index: number) => {
      const account = await durable.accounts.byId(`key-${index}`);
      const person = all.get(`key-${index}`);
      if (account && person) await watch.refused(account, { ...person, status: 'disabled' });
    };
    for (let index = 0; index < 15; index += 1) await refuse(index);
    expect(ended).toHaveLength(15);
    expect((await durable.accounts.byId('key-3'))?.standing).toBe('disabled');
    expect(events.filter(({ event }) => event === 'account.left')).toHaveLength(15);
    await Promise.all(Array.from({ length: 15 }, (_, index) => refuse(15 + index)));
    expect(ended).toHaveLength(20);
  });

  it('leaves alone who is locked: a stranger’s wrong passwords do that', async () => {
    const { watch, later, all, wire, ended } = await scene(5);
    await watch.look('campus');
    all.set('key-1', { key: 'key-1', username: 'key-1', name: 'key-1', status: 'locked' });
    wire.changed = ['key-1'];
    await later(1);
    await later(16);
    expect(ended).toEqual([]);
  });
});
