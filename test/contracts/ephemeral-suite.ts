import { expect, it, vi } from 'vitest';
import type { EphemeralStore, Reservation } from '../../src/core/store.ts';

/** What the shared suite needs of an implementation. */
export interface EphemeralSubject {
  /** A store of the running test's own, closed when it ends. */
  open(): Promise<EphemeralStore>;
  /** The assertion holds once `ms` have passed: a clock moved on, or time waited for. */
  after(ms: number, assertion: () => Promise<void>): Promise<void>;
}

const MINUTE = 60_000;
const PARALLEL = 100;
/** Long enough for a few operations on a busy machine, short enough to wait for. */
const MOMENT = 500;

function together<T>(work: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: PARALLEL }, (_, index) => work(index)));
}

export function ephemeralSuite(subject: EphemeralSubject): void {
  valueSuite(subject);
  singleUseSuite(subject);
  budgetSuite(subject);
  memberSuite(subject);
  reservationSuite(subject);
  topicSuite(subject);
}

function valueSuite({ open, after }: EphemeralSubject): void {
  it('keeps, replaces and deletes values', async () => {
    const store = await open();
    expect(await store.get('a')).toBeUndefined();
    await store.set('a', 'one', MINUTE);
    await store.set('a', 'two', MINUTE);
    await store.set('b', '', MINUTE);
    await store.set('c', 'three', MINUTE);
    expect(await store.get('a')).toBe('two');
    await store.delete('a', 'b', 'absent');
    expect(await store.getMany(['a', 'b', 'c'])).toEqual([undefined, undefined, 'three']);
    await store.delete();
    expect(await store.get('c')).toBe('three');
  });

  it('reads many in the order asked for, absent and repeated ones included', async () => {
    const store = await open();
    await store.set('{x}:1', 'one', MINUTE);
    await store.set('{y}:2', '', MINUTE);
    expect(await store.getMany(['{y}:2', 'none', '{x}:1', '{x}:1'])).toEqual(['', undefined, 'one', 'one']);
    expect(await store.getMany([])).toEqual([]);
  });

  it('keeps any text, in keys and values, and big ones', async () => {
    const store = await open();
    const value = '薩利港 🚪 "\\ \u0000\r\n\u2028 {}';
    const key = `${'鍵'.repeat(170)} {tag}:*?[`;
    await store.set(key, value, MINUTE);
    expect(await store.get(key)).toBe(value);
    expect(await store.swap(key, value, `${value}'; --`, MINUTE)).toBe(true);
    expect(await store.take(key)).toBe(`${value}'; --`);
    const big = '語'.repeat(340_000);
    expect(await store.add('big', big, MINUTE)).toBe(true);
    expect(await store.take('big')).toBe(big);
  });

  it('forgets a value once its time is over, for every way to ask', async () => {
    const store = await open();
    for (const key of ['get', 'take', 'swap', 'expire', 'add']) await store.set(key, 'old', 40);
    await after(40, async () => expect(await store.get('get')).toBeUndefined());
    await after(0, async () => expect(await store.getMany(['take', 'add'])).toEqual([undefined, undefined]));
    expect(await store.take('take')).toBeUndefined();
    expect(await store.swap('swap', 'old', 'new', MINUTE)).toBe(false);
    expect(await store.expire('expire', MINUTE)).toBe(false);
    expect(await store.add('add', 'new', MINUTE)).toBe(true);
    expect(await store.get('add')).toBe('new');
  });

  it('changes the time left, to more and to less', async () => {
    const store = await open();
    await store.set('short', 'value', MOMENT);
    await store.set('shorter', 'value', MINUTE);
    await store.set('other', 'value', MOMENT);
    expect(await store.expire('short', MINUTE)).toBe(true);
    expect(await store.expire('shorter', MOMENT)).toBe(true);
    expect(await store.expire('absent', MINUTE)).toBe(false);
    await after(MOMENT, async () => expect(await store.getMany(['shorter', 'other'])).toEqual([undefined, undefined]));
    expect(await store.get('short')).toBe('value');
  });

  it('takes a time to live that is no whole number, or none at all', async () => {
    const store = await open();
    await store.set('fraction', 'value', MINUTE / 7);
    expect(await store.get('fraction')).toBe('value');
    await store.set('none', 'value', 0);
    await after(1, async () => expect(await store.get('none')).toBeUndefined());
  });

  it('answers ping, and refuses once it is closed', async () => {
    const store = await open();
    await store.ping();
    await store.close();
    await expect(store.get('a')).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
    await expect(store.take('a')).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
    await expect(store.ping()).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
  });
}

function singleUseSuite({ open, after }: EphemeralSubject): void {
  it('lets one of many parallel adds win', async () => {
    const store = await open();
    const won = await together((index) => store.add('mark', String(index), MINUTE));
    expect(won.filter(Boolean)).toHaveLength(1);
    expect(await store.get('mark')).toBe(String(won.indexOf(true)));
  });

  it('gives the value to one of many parallel takes', async () => {
    const store = await open();
    await store.set('code', 'secret', MINUTE);
    const taken = await together(() => store.take('code'));
    expect(taken.filter((value) => value === 'secret')).toHaveLength(1);
    expect(taken.filter((value) => value === undefined)).toHaveLength(PARALLEL - 1);
  });

  it('takes an empty value as a value', async () => {
    const store = await open();
    await store.set('empty', '', MINUTE);
    expect(await store.take('empty')).toBe('');
    expect(await store.take('empty')).toBeUndefined();
  });

  it('lets one of many parallel swaps win', async () => {
    const store = await open();
    await store.set('cell', 'start', MINUTE);
    const won = await together((index) => store.swap('cell', 'start', `won ${index}`));
    expect(won.filter(Boolean)).toHaveLength(1);
    expect(await store.get('cell')).toBe(`won ${won.indexOf(true)}`);
  });

  it('swaps nothing that is absent or different', async () => {
    const store = await open();
    expect(await store.swap('absent', '', 'new', MINUTE)).toBe(false);
    expect(await store.get('absent')).toBeUndefined();
    await store.set('cell', 'one', MINUTE);
    expect(await store.swap('cell', 'ONE', 'new')).toBe(false);
    expect(await store.swap('cell', '', 'new')).toBe(false);
    expect(await store.get('cell')).toBe('one');
  });

  it('keeps the time left at a swap without one, and takes the new one otherwise', async () => {
    const store = await open();
    await store.set('kept', 'one', MOMENT);
    await store.set('renewed', 'one', MOMENT);
    expect(await store.swap('kept', 'one', 'two')).toBe(true);
    expect(await store.swap('renewed', 'one', 'two', MINUTE)).toBe(true);
    await after(MOMENT, async () => expect(await store.get('kept')).toBeUndefined());
    expect(await store.get('renewed')).toBe('two');
  });
}

function budgetSuite({ open, after }: EphemeralSubject): void {
  it('allows exactly the budget of many parallel attempts', async () => {
    const store = await open();
    const results = await together(() => store.attempt('budget', 8, MINUTE));
    const allowed = results.filter((result) => result.allowed);
    expect(allowed.map((result) => result.count).sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    for (const result of results.filter(({ allowed }) => !allowed)) {
      expect(result.count).toBe(8);
      expect(result.retryAfter).toBeGreaterThan(0);
      expect(result.retryAfter).toBeLessThanOrEqual(MINUTE);
    }
  });

  it('counts the window from the last attempt that was counted', async () => {
    const store = await open();
    await store.attempt('budget', 2, 1_000);
    await store.attempt('budget', 2, MINUTE);
    const refused = await store.attempt('budget', 2, 1_000);
    expect(refused.allowed).toBe(false);
    expect(refused.retryAfter).toBeGreaterThan(1_000);
  });

  it('opens again after the window, however often it was refused meanwhile', async () => {
    const store = await open();
    expect(await store.attempt('budget', 1, MOMENT)).toEqual({ allowed: true, count: 1, retryAfter: 0 });
    const first = await store.attempt('budget', 1, MOMENT);
    expect(first.allowed).toBe(false);
    const second = await store.attempt('budget', 1, MINUTE);
    expect(second.retryAfter).toBeLessThanOrEqual(first.retryAfter);
    await after(MOMENT, async () => {
      expect(await store.attempt('budget', 1, MOMENT)).toEqual({ allowed: true, count: 1, retryAfter: 0 });
    });
  });

  it('gives an attempt back, once, and never goes below zero', async () => {
    const store = await open();
    await store.refund('budget');
    await store.attempt('budget', 2, MINUTE);
    await store.attempt('budget', 2, MINUTE);
    await store.refund('budget');
    expect(await store.attempt('budget', 2, MINUTE)).toMatchObject({ allowed: true, count: 2 });
    for (let round = 0; round < 5; round += 1) await store.refund('budget');
    const results = await together(() => store.attempt('budget', 2, MINUTE));
    expect(results.filter((result) => result.allowed)).toHaveLength(2);
  });

  it('keeps the window at a refund', async () => {
    const store = await open();
    await store.attempt('budget', 2, 80);
    await store.attempt('budget', 2, 80);
    await store.refund('budget');
    await after(80, async () => expect(await store.attempt('budget', 1, MINUTE)).toMatchObject({ count: 1 }));
  });

  it('refuses everything on a budget of none, and starts anew once deleted', async () => {
    const store = await open();
    expect(await store.attempt('none', 0, MINUTE)).toMatchObject({ allowed: false, count: 0 });
    await store.attempt('budget', 1, MINUTE);
    await store.delete('budget');
    expect(await store.attempt('budget', 1, MINUTE)).toMatchObject({ allowed: true, count: 1 });
  });
}

function memberSuite({ open, after }: EphemeralSubject): void {
  it('keeps members once each, and sets apart', async () => {
    const store = await open();
    await store.addMember('set', 'b', MINUTE);
    await store.addMember('set', '甲', MINUTE);
    await store.addMember('set', 'b', MINUTE);
    await store.addMember('other', 'z', MINUTE);
    expect((await store.members('set')).sort()).toEqual(['b', '甲']);
    await store.removeMember('set', 'b');
    await store.removeMember('set', 'absent');
    expect(await store.members('set')).toEqual(['甲']);
    expect(await store.members('none')).toEqual([]);
    await store.delete('set');
    expect(await store.members('set')).toEqual([]);
    expect(await store.members('other')).toEqual(['z']);
  });

  it('lets each member expire by itself, the short-lived first or last', async () => {
    const store = await open();
    await store.addMember('set', 'short', 60);
    await store.addMember('set', 'renewed', 60);
    await store.addMember('set', 'renewed', MINUTE);
    await store.addMember('set', 'long', MINUTE);
    await store.addMember('set', 'late', 60);
    await after(60, async () => expect((await store.members('set')).sort()).toEqual(['long', 'renewed']));
  });

  it('takes parallel members without losing one', async () => {
    const store = await open();
    await together((index) => store.addMember('set', `member ${index}`, MINUTE));
    expect(await store.members('set')).toHaveLength(PARALLEL);
  });
}

function reservationSuite({ open, after }: EphemeralSubject): void {
  const common = { weight: 10, ttl: MINUTE, most: 30, total: 100, patience: MINUTE };
  const reserving =
    (store: EphemeralStore) =>
    async (owner: string, key: string, more: Partial<Reservation> = {}) => {
      const reserved = await store.reserve({ ...common, owner, key, ...more });
      if (reserved.allowed) await store.set(key, owner, MINUTE);
      return reserved;
    };
  const FREE = { allowed: true, own: 0, others: 0 };

  it('lets an owner have what they may, refuses more, and says when to come again', async () => {
    const store = await open();
    const reserve = reserving(store);
    for (const key of ['a', 'b', 'c']) expect(await reserve('one', key)).toEqual(FREE);
    const refused = await reserve('one', 'd');
    expect(refused).toEqual({ allowed: false, retryAfter: expect.any(Number) });
    expect(!refused.allowed && refused.retryAfter > 0 && refused.retryAfter <= MINUTE).toBe(true);
    expect(await reserve('two', 'd')).toEqual(FREE);
    expect(await reserve('three', 'huge', { weight: 31 })).toMatchObject({ allowed: false });
    expect(await store.getMany(['a', 'b', 'c', 'd', 'huge'])).toEqual(['one', 'one', 'one', 'two', undefined]);
  });

  it('enters a key once, and takes it off where it is released, whoever asks and however often', async () => {
    const store = await open();
    const reserve = reserving(store);
    for (const weight of [10, 30, 20]) expect(await reserve('one', 'a', { weight })).toEqual(FREE);
    expect(await reserve('one', 'b')).toEqual(FREE);
    expect(await reserve('one', 'c')).toMatchObject({ allowed: false });
    await store.release('a', 'absent');
    await store.release('a');
    await store.release();
    expect(await store.get('a')).toBe('one');
    expect(await reserve('one', 'c', { weight: 20 })).toEqual(FREE);
    expect(await reserve('one', 'd', { weight: 1 })).toMatchObject({ allowed: false });
  });

  it('goes on counting what is kept at a key, where more of it is refused', async () => {
    const store = await open();
    const reserve = reserving(store);
    expect(await reserve('one', 'a', { weight: 20 })).toEqual(FREE);
    for (const weight of [31, 101])
      expect(await reserve('one', 'a', { weight, most: 30 })).toMatchObject({ allowed: false });
    expect(await reserve('one', 'b')).toEqual(FREE);
    expect(await reserve('one', 'a', { weight: 25 })).toMatchObject({ allowed: false });
    expect(await reserve('two', 'a', { weight: 31 })).toMatchObject({ allowed: false });
    expect(await reserve('one', 'c', { weight: 1 })).toMatchObject({ allowed: false });
    expect(await reserve('two', 'two', { weight: 70, most: 70 })).toEqual(FREE);
    await store.release('a');
    expect(await reserve('one', 'c', { weight: 20 })).toEqual(FREE);
    expect(await store.getMany(['a', 'b', 'two'])).toEqual(['one', 'one', 'two']);
  });

  it("gives an owner's oldest up for their own, once their patience is over", async () => {
    const store = await open();
    const reserve = reserving(store);
    for (const key of ['a', 'b', 'c']) await reserve('one', key, { patience: MOMENT });
    expect(await reserve('one', 'd', { patience: MOMENT })).toMatchObject({ allowed: false });
    await after(MOMENT, async () =>
      expect(await reserve('one', 'd', { patience: MOMENT, weight: 11 })).toEqual({ allowed: true, own: 2, others: 0 }),
    );
    expect(await store.getMany(['a', 'b', 'c', 'd'])).toEqual([undefined, undefined, 'one', 'one']);
  });

  it('forgets what has expired', async () => {
    const store = await open();
    const reserve = reserving(store);
    for (const key of ['a', 'b', 'c']) await reserve('one', key, { ttl: MOMENT });
    await after(MOMENT, async () => expect(await reserve('one', 'd', { weight: 30 })).toEqual(FREE));
  });

  it('near the total lets the oldest of the largest share go, and nobody else’s', async () => {
    const store = await open();
    const reserve = reserving(store);
    // Much, but a small part of what it may have.
    for (let at = 0; at < 5; at += 1) await reserve('campus', `campus ${at}`, { most: 200 });
    for (let at = 0; at < 3; at += 1) await reserve('stranger', `stranger ${at}`);
    for (let at = 0; at < 2; at += 1) await reserve('neighbour', `neighbour ${at}`);
    expect(await reserve('newcomer', 'newcomer')).toEqual({ allowed: true, own: 0, others: 1 });
    expect(await store.getMany(['stranger 0', 'stranger 1', 'campus 0', 'neighbour 0', 'newcomer'])).toEqual([
      undefined,
      'stranger',
      'campus',
      'neighbour',
      'newcomer',
    ]);
    expect(await reserve('campus', 'campus 5', { most: 200, weight: 30 })).toMatchObject({ others: 3 });
    expect(await store.get('campus 0')).toBe('campus');
  });

  it('never lets parallel callers have more, of one owner or altogether', async () => {
    const store = await open();
    const reserve = reserving(store);
    const one = await together((index) => reserve('one', `one ${index}`));
    expect(one.filter(({ allowed }) => allowed)).toHaveLength(3);
    await together((index) => reserve(`owner ${index % 20}`, `key ${index}`, { most: 50 }));
    const keys = [...Array(PARALLEL).keys()].flatMap((index) => [`one ${index}`, `key ${index}`]);
    // A value may be written after its entry went, as by a process that is slow: it expires, and isn't counted.
    expect((await reserve('last', 'last', { weight: 100, most: 100 })).allowed).toBe(true);
    expect((await store.getMany(keys)).filter((value) => value !== undefined).length).toBeLessThan(PARALLEL);
    expect(await store.get('last')).toBe('last');
  });
}

function topicSuite({ open }: EphemeralSubject): void {
  /** Topics as they were heard. */
  async function listenTo(store: EphemeralStore, ...topics: string[]) {
    const heard: string[] = [];
    const ends = await Promise.all(topics.map((topic) => store.subscribe(topic, () => void heard.push(topic))));
    return { heard, end: () => ends.map((end) => end()) };
  }

  it('tells those who listen to a topic, each once, and nobody else', async () => {
    const store = await open();
    const [first, second] = [await listenTo(store, 'a', 'b'), await listenTo(store, 'a')];
    await store.publish('a');
    await store.publish('c 薩 {x}');
    await store.publish('b');
    await vi.waitFor(() => expect(first.heard).toEqual(['a', 'b']), { timeout: 20_000 });
    expect(second.heard).toEqual(['a']);
  });

  it('tells nobody who no longer listens, and keeps nothing for who comes later', async () => {
    const store = await open();
    const [left, stays] = [await listenTo(store, 'a'), await listenTo(store, 'a')];
    left.end();
    left.end();
    await store.publish('a');
    await vi.waitFor(() => expect(stays.heard).toEqual(['a']), { timeout: 20_000 });
    const late = await listenTo(store, 'a');
    await store.publish('a');
    await vi.waitFor(() => expect(late.heard).toEqual(['a']), { timeout: 20_000 });
    expect(stays.heard).toEqual(['a', 'a']);
    expect(left.heard).toEqual([]);
  });
}
