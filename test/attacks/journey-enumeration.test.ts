import { beforeAll, describe, expect, it, vi } from 'vitest';
import { Client, type Reply } from '../support/client.ts';
import { ownForm, type Someone, stage } from '../support/scene.ts';

const hashed = vi.hoisted(() => ({ count: 0 }));

vi.mock('../../src/boot/hashing/index.ts', async (original) =>
  (await import('../support/counted-hashes.ts')).countedHashes(hashed, original),
);

describe('whether an account exists', () => {
  const scene = stage(() => ({ config: { lockout: { failures: 3 } } }));
  const people: Record<string, string> = { unknown: 'nobody-goes-by-this' };

  beforeAll(async () => {
    for (const kind of ['wrong', 'disabled', 'enrolled', 'empty'] as const) {
      const someone = kind === 'enrolled' ? await scene.member() : await scene.newcomer();
      people[kind] = someone.username;
    }
    await scene.gateway.command('user disable', [String(people.disabled)]);
  });

  /** An answer without what differs from request to request. */
  function shape(reply: Reply, username: string) {
    const body = reply.body
      .replaceAll(username || 'no name', '<name>')
      .replace(/name="csrf" value="[^"]*"/g, '')
      .replace(/\/sign-in\/[\w-]+|%2Fsign-in%2F[\w-]+/g, '/sign-in/*')
      .replace(/\b[A-Z2-9]{10}\b/g, '<reference>');
    const headers = Object.entries(reply.headers).map(([name, value]) =>
      /^(date|x-request-id|content-length|location)$/.test(name) ? name : `${name}: ${value}`,
    );
    const location = reply.location?.pathname.replace(/\/sign-in\/[\w-]+/, '/sign-in/*');
    return { status: reply.status, headers: headers.sort(), location, cookies: reply.setCookies, body };
  }

  async function attempt(username: string, password = 'not the right password', client = new Client()) {
    const browser = { client } as Someone;
    const page = await browser.client.open(`${scene.gateway.relyingParty}/library/login`);
    const { url, fields } = ownForm(page);
    hashed.count = 0;
    const answer = await client.post(url, { ...fields, username, password });
    const work = hashed.count;
    const shown = await client.follow(answer);
    return { answer: shape(answer, username), shown: shape(shown, username), text: shown.text, work };
  }

  it('is told by no text, status, header, cookie or work', async () => {
    const known = await attempt(String(people.wrong));
    expect(known.text).toContain('The user name or the password isn’t right.');
    expect(known.work).toBe(1);
    for (const kind of ['unknown', 'disabled', 'enrolled', 'empty']) {
      const { text: _, ...other } = await attempt(String(people[kind]));
      expect({ kind, ...other }).toEqual({ kind, answer: known.answer, shown: known.shown, work: 1 });
    }
  });

  it('is told by a disabled account’s right password neither', async () => {
    const wrong = await attempt(String(people.disabled));
    const right = await attempt(String(people.disabled), 'correct horse battery staple');
    expect(right).toEqual(wrong);
  });

  it('is told by no lock: unknown names lock alike', async () => {
    const [known, unknown] = [(await scene.newcomer()).username, 'another-nobody'];
    for (const name of [known, unknown]) for (let wrong = 0; wrong < 3; wrong += 1) await attempt(name);
    const locked = await attempt(known);
    expect(locked.text).toContain('Too many wrong attempts.');
    expect(locked.work).toBe(0);
    const { text: _, ...other } = await attempt(unknown);
    expect(other).toEqual({ answer: locked.answer, shown: locked.shown, work: 0 });
    // However it is written.
    for (const name of [unknown.toUpperCase(), ` ${unknown} `, unknown.replace('a', 'ａ')]) {
      expect((await attempt(name)).text).toContain('Too many wrong attempts.');
    }
    for (const name of [known.toUpperCase(), ` ${known} `]) {
      expect((await attempt(name, 'correct horse battery staple')).text).toContain('Too many wrong attempts.');
    }
  });

  it('is told by no odd name or password', async () => {
    const known = String(people.empty);
    const odd: [string, string][] = [
      ['', 'password'],
      [known, ''],
      ['x'.repeat(300), 'password'],
      [known, 'x'.repeat(2000)],
      ['\u0000', 'password'],
      ['nobody\u202e', '\ud800'],
    ];
    for (const [name, password] of odd) {
      const { shown, text } = await attempt(name, password);
      expect(shown.status).toBe(200);
      expect(text).toMatch(/isn’t right|Enter your user name and your password/);
    }
  });
});
