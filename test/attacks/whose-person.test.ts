import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Client, type Reply } from '../support/client.ts';
import { crowd, type Federation, type Member, startFederation } from '../support/federation.ts';
import { freePort } from '../support/ports.ts';
import { ownForm, stage } from '../support/scene.ts';

/** Whose person somebody is says nothing of who has an account, and costs little however many houses there are. */

const hashed = vi.hoisted(() => ({ count: 0 }));

vi.mock('../../src/boot/hashing/index.ts', async (original) =>
  (await import('../support/counted-hashes.ts')).countedHashes(hashed, original),
);

/** As many as eduGAIN has. */
const MANY = 5_000;
const PASSWORD = 'correct horse battery staple';

const [port, site] = [await freePort(), await freePort()];
const folder = mkdtempSync(join(tmpdir(), 'sallyport-whose-person-'));
const federation: Federation = await startFederation(`http://localhost:${port}`, folder);
const { members } = federation;
const [alpha] = members;
federation.write([
  ...(alpha ? [{ ...alpha, logo: `${federation.alpha.url}/logo.png` }] : []),
  ...members.slice(1),
  hidden(),
  ...crowd(MANY, federation.signer.certificate),
]);

function hidden(): Member {
  return {
    ...{ entityId: 'https://idp.hidden.example/saml', sso: 'https://idp.hidden.example/sso', hidden: true },
    ...{ certificate: federation.signer.certificate, names: { en: 'Hidden Institute' }, scopes: ['hidden.example'] },
  };
}

afterAll(() => {
  federation.close();
  rmSync(folder, { recursive: true, force: true });
});

const scene = stage(() => ({
  ports: { gateway: port, relyingParty: site },
  config: { directories: { federation: federation.directory } },
}));

async function signInPage(client = new Client()) {
  return { client, page: await client.open(`${scene.gateway.relyingParty}/library/login`) };
}

const housesOf = (page: Reply, query: string) =>
  new URL(`${page.url.pathname}/houses?${new URLSearchParams({ q: query })}`, page.url);

// All of them are read in a process of its own, for which others may leave little time.
beforeAll(async () => {
  const { client, page } = await signInPage();
  expect((await client.get(housesOf(page, ''))).status).toBe(200);
}, 240_000);

/** Names of the houses that are listed. */
const listed = ({ body }: Reply) => [...body.matchAll(/option-title"><bdi>([^<]*)/g)].map(([, name]) => name);

describe('a name in another house’s domain', () => {
  function shape(reply: Reply, username: string) {
    const body = reply.body
      .replaceAll(username, '<name>')
      .replace(/name="csrf" value="[^"]*"/g, '')
      .replace(/step=[\w-]+/g, '')
      .replace(/\/sign-in\/[\w-]+|%2Fsign-in%2F[\w-]+/g, '/sign-in/*');
    return { status: reply.status, cookies: reply.setCookies.map((one) => one.split('=')[0]), body };
  }

  async function typed(username: string, password: string) {
    const { client, page } = await signInPage();
    const type = async (on: Reply) => {
      const { url, fields } = ownForm(on);
      hashed.count = 0;
      const answer = await client.post(url, { ...fields, username, password });
      const work = hashed.count;
      const shown = await client.follow(answer);
      return { shown, told: { answer: shape(answer, username), shown: shape(shown, username), work } };
    };
    const once = await type(page);
    return { once, again: await type(once.shown) };
  }

  it('is answered alike whoever has an account, with the same work, and twice', async () => {
    await scene.gateway.addUser('known@alpha.example', { password: PASSWORD });
    await scene.gateway.addUser('gone@alpha.example', { password: PASSWORD });
    await scene.gateway.command('user disable', ['gone@alpha.example']);
    const stranger = await typed('nobody@alpha.example', PASSWORD);
    expect(stranger.once.told.work).toBe(0);
    expect(stranger.again.told.work).toBe(1);
    expect(stranger.once.shown.text).toContain('People with such an address sign in at the organisation shown here.');
    expect(stranger.again.shown.text).toContain('The user name or the password isn’t right.');
    for (const name of ['known@alpha.example', 'gone@alpha.example', 'nobody@sub.alpha.example']) {
      const { once, again } = await typed(name, 'not the right password');
      expect({ name, once: once.told, again: again.told }).toEqual({
        ...{ name, once: stranger.once.told, again: stranger.again.told },
      });
    }
  });

  it('leaves the way to a password of one’s own', async () => {
    await scene.gateway.addUser('both@alpha.example', { password: PASSWORD });
    const { again } = await typed('both@alpha.example', PASSWORD);
    expect(again.shown.text).not.toContain('The user name or the password isn’t right.');
    expect(again.shown.body).not.toContain('name="password"');
  });
});

describe(`a search among ${MANY} houses`, () => {
  it('finds by names in every language, keywords and domains, and none that hides', async () => {
    const { client, page } = await signInPage();
    const found = async (query: string) => listed(await client.get(housesOf(page, query)));
    for (const query of ['alpha univ', 'alpha', 'universitat ALPHA', '甲大', 'me@alpha.example', 'alpha.example'])
      expect(await found(query), query).toEqual(['Alpha University']);
    expect(await found('clinic')).toEqual(['Beta Hospital']);
    expect(await found('town4711')).toEqual(['University of Town 4711']);
    for (const query of ['hidden', 'hidden institute', 'me@hidden.example', 'no such thing'])
      expect(await found(query), query).toEqual([]);
    const all = await client.get(housesOf(page, ''));
    expect(listed(all)).toHaveLength(20);
    expect(all.text).toContain(`1–20 of ${MANY + 2} organisations`);
    // Whoever is told of it by their own address gets there.
    const { url, fields } = ownForm(page);
    const led = await client.follow(
      await client.post(url, { ...fields, username: 'me@hidden.example', password: 'x' }),
    );
    expect(led.text).toContain('Sign in with Hidden Institute');
  });

  it('shows a house’s picture by an address of our own alone', async () => {
    const { client, page } = await signInPage();
    const { body } = await client.get(housesOf(page, 'alpha'));
    expect([...body.matchAll(/<img src="([^"]*)"/g)].map(([, src]) => src)).toEqual([
      expect.stringMatching(/^\/pictures\/[\w-]+\.[\w-]+$/),
    ]);
    expect(body).not.toContain('logo.png');
  });

  it('takes no longer than a few sign-in pages do, whatever is looked for', async () => {
    const { client, page } = await signInPage();
    await client.get(housesOf(page, 'warm'));
    /** Processor time, microseconds: the least of some rounds, each of a few. */
    const cost = async (url: URL) => {
      let least = Number.POSITIVE_INFINITY;
      for (let round = 0; round < 3; round += 1) {
        const before = process.threadCpuUsage();
        for (let at = 0; at < 5; at += 1) expect((await client.get(url)).status).toBe(200);
        const { user, system } = process.threadCpuUsage(before);
        least = Math.min(least, user + system);
      }
      return least;
    };
    const usual = await cost(page.url);
    const worst = [
      '',
      'a',
      'university',
      'u n i v e r s i',
      'ａ'.repeat(100),
      'é'.repeat(100),
      'x@'.repeat(50),
      'town 4',
    ];
    for (const query of worst) expect((await cost(housesOf(page, query))) / usual, query).toBeLessThan(6);
  });
});
