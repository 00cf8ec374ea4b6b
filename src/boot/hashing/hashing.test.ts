import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { createHashing } from './index.ts';

const CHEAP = { memory: 64, passes: 1, parallelism: 1 };
const LOWEST = 19;

/** Priorities of this process's threads, by their ids (proc_pid_stat(5), field 19). */
function priorities(): Map<number, number> {
  const ids = readdirSync('/proc/self/task').map(Number);
  return new Map(
    ids.map((id) => {
      const [, rest = ''] = readFileSync(`/proc/self/task/${id}/stat`, 'utf8').split(') ');
      return [id, Number(rest.split(' ')[16])];
    }),
  );
}

it('makes and compares argon2id, many at once', async () => {
  const { hash, verify } = createHashing();
  const made = await Promise.all(Array.from({ length: 8 }, (_, at) => hash(`password ${at}`, CHEAP)));
  expect(new Set(made).size).toBe(8);
  expect(made[0]).toMatch(/^\$argon2id\$v=19\$m=64,t=1,p=1\$/);
  const compared = await Promise.all(made.map((phc, at) => verify(phc, `password ${at}`)));
  expect(compared).toEqual(made.map(() => true));
  expect(await verify(made[0] ?? '', 'another')).toBe(false);
});

it('tells what is wrong with a hash, and goes on', async () => {
  const { hash, verify } = createHashing();
  await expect(verify('$argon2id$broken', 'x')).rejects.toThrow();
  expect(await verify(await hash('x', CHEAP), 'x')).toBe(true);
});

it.runIf(process.platform === 'linux')(
  'comes after everything else, and lowers nobody but its own threads',
  async () => {
    const before = priorities();
    const { hash } = createHashing();
    await Promise.all([hash('x', CHEAP), hash('y', CHEAP)]);
    const after = priorities();
    const own = [...after].filter(([id, priority]) => priority === LOWEST && before.get(id) !== LOWEST);
    expect(own.length).toBeGreaterThanOrEqual(2);
    expect(own.every(([id]) => !before.has(id))).toBe(true);
    expect(after.get(process.pid)).toBe(before.get(process.pid));
  },
);

it('keeps nobody waiting for a thread who needs one of libuv’s', async () => {
  const { hash } = createHashing();
  let done = 0;
  const storm = Array.from({ length: 8 }, async () => {
    await hash('x', { memory: 19_456, passes: 2, parallelism: 1 });
    done += 1;
  });
  await promisify(randomBytes)(16);
  expect(done).toBe(0);
  await Promise.all(storm);
});

it('ends threads that nobody needs', async () => {
  const { hash } = createHashing(1);
  const before = priorities().size;
  await Promise.all(Array.from({ length: 4 }, () => hash('x', CHEAP)));
  await expect.poll(() => priorities().size).toBeLessThanOrEqual(before);
});
