import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { BusyError, createQueue } from '../../core/queue.ts';
import { createHasher, type Engine, isAcceptable } from './hasher.ts';
import { settings } from './settings.ts';

const CHEAP = { memory: 64, passes: 1, parallelism: 1 };

/** An engine that waits until it is told to go on, and remembers how many were in it at once. */
function gate() {
  const state = { running: 0, most: 0, total: 0, release: [] as (() => void)[] };
  const pass = async <T>(result: T): Promise<T> => {
    state.total++;
    state.most = Math.max(state.most, ++state.running);
    await new Promise<void>((resolve) => state.release.push(resolve));
    state.running--;
    return result;
  };
  const engine: Engine = { hash: () => pass('hash'), verify: () => pass(true) };
  return { state, engine };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Lets everything through, one after the other. */
async function drain(state: ReturnType<typeof gate>['state']) {
  do {
    state.release.shift()?.();
    await turn();
  } while (state.release.length > 0);
}

describe('the queue', () => {
  it('never runs more than its bound, of 100 at once', async () => {
    const { state, engine } = gate();
    const hasher = createHasher(CHEAP, createQueue(3, 200), engine);
    const all = Array.from({ length: 100 }, () => hasher.verify('phc', 'x'));
    await turn();
    expect(state.running).toBe(3);
    await drain(state);
    expect(await Promise.all(all)).toHaveLength(100);
    expect(state).toMatchObject({ most: 3, total: 100, running: 0 });
  });

  it('refuses what exceeds the places to wait, and recovers', async () => {
    const { state, engine } = gate();
    const hasher = createHasher(CHEAP, createQueue(1, 2), engine);
    const three = [1, 2, 3].map(() => hasher.hash('x'));
    await expect(hasher.hash('x')).rejects.toBeInstanceOf(BusyError);
    await expect(hasher.verify(undefined, 'x')).rejects.toMatchObject({ code: 'ERR_OVERLOADED' });
    await drain(state);
    await Promise.all(three);
    const again = hasher.hash('x');
    await drain(state);
    expect(await again).toBe('hash');
  });

  it('serves in order of arrival, and goes on after a failure', async () => {
    const queue = createQueue(1, 10);
    const order: number[] = [];
    const run = (number: number) =>
      queue.run(async () => {
        await turn();
        order.push(number);
        if (number === 1) throw new Error('failed');
      });
    const results = await Promise.allSettled([0, 1, 2, 3].map(run));
    expect(order).toEqual([0, 1, 2, 3]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
  });

  it('lets one leave before its turn, and nobody else with it', async () => {
    const { state, engine } = gate();
    const hasher = createHasher(CHEAP, createQueue(1, 10), engine);
    const leaving = new AbortController();
    const first = hasher.hash('x');
    const second = hasher.hash('x', leaving.signal);
    const third = hasher.hash('x');
    leaving.abort(new Error('gone'));
    await expect(second).rejects.toThrow('gone');
    await expect(hasher.hash('x', leaving.signal)).rejects.toThrow('gone');
    await drain(state);
    expect(await Promise.all([first, third])).toEqual(['hash', 'hash']);
    expect(state).toMatchObject({ total: 2, running: 0 });
  });
});

describe('argon2', () => {
  it('makes PHC strings of argon2id that verify', async () => {
    const hasher = createHasher(CHEAP, createQueue(2, 10));
    const phc = await hasher.hash('correct horse');
    expect(phc).toMatch(/^\$argon2id\$v=19\$m=64,t=1,p=1\$/);
    expect(await hasher.hash('correct horse')).not.toBe(phc);
    expect(await hasher.verify(phc, 'correct horse')).toBe(true);
    expect(await hasher.verify(phc, 'correct horsf')).toBe(false);
  });

  it('works as hard without a hash, and never agrees', async () => {
    const seen: string[] = [];
    const engine: Engine = {
      hash: async () => '',
      verify: async (phc) => {
        seen.push(phc);
        return true;
      },
    };
    const hasher = createHasher({ memory: 19_456, passes: 2, parallelism: 1 }, createQueue(2, 10), engine);
    expect(await hasher.verify(undefined, 'x')).toBe(false);
    expect(seen[0]).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    // The real engine computes with the fixed hash rather than refusing it.
    expect(await createHasher(CHEAP, createQueue(1, 0)).verify(undefined, '')).toBe(false);
  });

  it('knows what was made with less', async () => {
    const phc = await createHasher(CHEAP, createQueue(1, 1)).hash('x');
    const outdated = (change: Partial<typeof CHEAP>) =>
      createHasher({ ...CHEAP, ...change }, createQueue(1, 1)).outdated(phc);
    expect([{}, { memory: 128 }, { passes: 2 }, { memory: 32 }].map(outdated)).toEqual([false, true, true, false]);
  });

  it('leaves room for other work in a storm', async () => {
    const hasher = createHasher({ memory: 19_456, passes: 2, parallelism: 1 }, createQueue(2, 200));
    let done = 0;
    const storm = Array.from({ length: 32 }, async () => {
      await hasher.verify(undefined, 'x');
      done++;
    });
    await turn();
    // One turn in libuv's pool, as files and look-ups take: unbounded, it would come after all the hashes.
    await promisify(randomBytes)(16);
    expect(done).toBeLessThan(16);
    await Promise.all(storm);
    expect(done).toBe(32);
  });
});

it('takes over only hashes that it can check at a bearable cost', async () => {
  const phc = await createHasher(CHEAP, createQueue(1, 1)).hash('x');
  expect(isAcceptable(phc)).toBe(true);
  const others = [
    '',
    'x',
    '$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW',
    phc.replace('argon2id', 'argon2i'),
    phc.replace('v=19', 'v=16'),
    phc.replace('m=64', 'm=4000000000'),
    phc.replace('t=1', 't=4000000000'),
  ];
  for (const other of others) expect(isAcceptable(other), other).toBe(false);
});

it('refuses settings weaker than the recommended ones', () => {
  expect(settings.parse({})).toEqual({
    hash: { memory: 19_456, passes: 2, parallelism: 1 },
    concurrency: 2,
    patience: 5_000,
    queue: 200,
  });
  expect(settings.safeParse({ hash: { memory: 7168, passes: 5 } }).success).toBe(true);
  for (const hash of [{ memory: 7168, passes: 2 }, { memory: 1024, passes: 32 }, { pases: 3 }]) {
    expect(settings.safeParse({ hash }).success).toBe(false);
  }
});

describe('a queue', () => {
  it('lets nobody wait longer than they may, and tells whoever measures', async () => {
    const told: string[] = [];
    let sizes = () => [0, 0];
    const queue = createQueue(1, 10, {
      patience: 20,
      meter: {
        watch: ({ waiting, running }) => {
          sizes = () => [waiting(), running()];
        },
        ended: () => told.push('ended'),
        refused: (why) => told.push(why),
      },
    });
    let finish = () => {};
    const first = queue.run(() => new Promise<void>((resolve) => (finish = resolve)));
    const waits = queue.run(async () => told.push('looked at'));
    expect(sizes()).toEqual([1, 1]);
    await expect(waits).rejects.toBeInstanceOf(BusyError);
    expect(sizes()).toEqual([0, 1]);
    finish();
    await first;
    await queue.run(async () => {});
    expect(told).toEqual(['waited', 'ended', 'ended']);
    expect(sizes()).toEqual([0, 0]);
  });

  it('hands places on to those who wait, in order, and frees the last', async () => {
    const queue = createQueue(2, 100);
    const order: number[] = [];
    await Promise.all(Array.from({ length: 50 }, (_, index) => queue.run(async () => void order.push(index))));
    expect(order).toEqual(Array.from({ length: 50 }, (_, index) => index));
  });
});
