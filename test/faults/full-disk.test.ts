import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import type { Reply } from '../support/client.ts';
import { asksCode, asksToEnrol, type Someone, stage } from '../support/scene.ts';

/** How far one file may grow, bytes: the files of this process are then as good as on a full disk (setrlimit(2)). */
function roomFor(bytes: number | 'unlimited'): void {
  execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:unlimited`]);
}

/** What lies in files, which of them fills up first, and the bytes by which it may still grow: some enrolments' need. */
const KEPT = [
  ['the durable store', 'sallyport.db', 250_000, () => ({ redis: inject('redisUrl'), prefix: 'full-disk:' })],
  ['both stores', 'ephemeral.db', 300_000, () => ({})],
] as const;

describe.each(KEPT)('a disk that is full, with %s on it', (_, name, room, options) => {
  const scene = stage(options);
  const sizeOf = (name: string) => statSync(join(scene.data, `${name}-wal`)).size;
  const methods = async () =>
    (await scene.gateway.command('audit verify')).join('\n') &&
    scene.audit().filter(({ event }) => event === 'credential.added');

  /** Runs with no room left in files, and makes room again whatever happens. */
  async function full<T>(room: number, act: () => Promise<T>): Promise<T> {
    roomFor(room);
    try {
      return await act();
    } finally {
      roomFor('unlimited');
    }
  }

  it('refuses people with the page that tries again, and says what is wrong', async () => {
    const someone = await scene.member();
    const page = await scene.elsewhere(someone).enter('courses');
    await full(4096, async () => {
      await expect(scene.gateway.app.ready()).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
      const shown = await someone.client.get(`${scene.gateway.url}/account/sign-out-everywhere`);
      const out = await someone.client.submit(shown, {}, { action: '/sign-out-everywhere' });
      expect([out.status, out.headers['retry-after']]).toEqual([503, '30']);
      const code = await scene.elsewhere(someone, someone.client).code(page, scene.nextCode(someone)).catch(String);
      expect(typeof code === 'string' || code.url.pathname !== '/courses').toBe(true);
      const added = scene.gateway.addUser('nobody');
      await expect(added).rejects.toThrow(/the disk (reports an error|is full)/);
    });
    await scene.gateway.app.ready();
    await expect(scene.gateway.command('user list')).resolves.not.toContainEqual(expect.stringContaining('nobody'));
    expect((await scene.elsewhere(someone).enter('courses')).status).toBe(200);
  });

  it('loses nothing that was acknowledged while it fills up in the middle of enrolments', async () => {
    // The log of what was written begins anew.
    await scene.restart();
    const people = await Promise.all(Array.from({ length: 12 }, () => scene.newcomer()));
    const before = (await methods()).length;
    const pages: { person: Someone; page: Reply }[] = [];
    for (const person of people) pages.push({ person, page: await person.enter('courses') });
    let enrolled = 0;
    // Room for some of them, and not for all.
    await full(sizeOf(name) + room, async () => {
      for (const { person, page } of pages) {
        expect(asksToEnrol(page)).toBe(true);
        const next = await person
          .scan(page)
          .code(page)
          .catch(() => undefined);
        if (next?.body.includes('name="remember"')) enrolled += 1;
      }
    });
    expect(enrolled).toBeGreaterThan(0);
    expect(enrolled).toBeLessThan(people.length);
    await scene.gateway.app.ready();
    expect((await methods()).length - before).toBeGreaterThanOrEqual(enrolled);
    // Whoever wasn't told goes on: as somebody with a method, where it was kept, or without.
    for (const { person } of pages) {
      const browser = scene.elsewhere(person);
      const page = await browser.enter('courses');
      if (asksCode(page)) expect((await browser.code(page, scene.nextCode(person))).status).toBe(200);
      else expect(asksToEnrol(page)).toBe(true);
    }
    const faults = scene.gateway.logs.filter(({ level, message }) => level === 'error' && message === 'request failed');
    expect(faults.map(({ fields }) => (fields as { err: { code?: string } }).err.code)).toEqual(
      faults.map(() => 'ERR_STORE_UNAVAILABLE'),
    );
  });
});
