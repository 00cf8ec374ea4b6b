import { afterAll, describe, expect, inject, it } from 'vitest';
import { SamlSite } from '../support/saml-site.ts';
import { stage } from '../support/scene.ts';

const APPLICATIONS = Array.from({ length: 10 }, (_, n) => `site${n}`);
const site = await SamlSite.start();
// Where every step waits for the network, they overlap most.
const scene = stage(() => ({
  redis: inject('redisUrl'),
  config: {
    doors: { saml: {} },
    applications: Object.fromEntries(
      APPLICATIONS.map((id) => [id, { name: id, saml: { metadata: { file: site.metadata(id) } } }]),
    ),
    policy: { rules: [{ name: 'all', level: 'sfa' }] },
  },
}));
afterAll(() => site.close());

describe('a session that many tabs use at once', () => {
  it('keeps all their applications, and one name for itself at each', async () => {
    const someone = await scene.newcomer();
    await someone.enter('library');
    const asked = Array.from({ length: 100 }, (_, n) => APPLICATIONS[n % APPLICATIONS.length] ?? '');
    const answers = await Promise.all(
      asked.map(async (id) => {
        const address = site.address(id, scene.gateway.url);
        return { id, ...site.answer(await someone.client.open(address)) };
      }),
    );
    expect(answers.every(({ status }) => status[0] === 'Success')).toBe(true);
    const names = new Map(
      APPLICATIONS.map((id) => [id, new Set(answers.filter((it) => it.id === id).map((it) => it.sessionIndex))]),
    );
    for (const [, indexes] of names) expect(indexes.size).toBe(1);
    expect(new Set([...names.values()].flatMap((indexes) => [...indexes])).size).toBe(APPLICATIONS.length);

    const [account = ''] = scene.audit().flatMap((it) => (it.account === null ? [] : it.account));
    const sessions = await scene.gateway.app.core.sessionsOf(account);
    expect(sessions.map(({ applications }) => applications.sort())).toEqual([['library', ...APPLICATIONS].sort()]);

    // And later, one by one, still the same.
    for (const id of APPLICATIONS.slice(0, 3)) {
      const { sessionIndex } = site.answer(await someone.client.open(site.address(id, scene.gateway.url)));
      expect(names.get(id)?.has(sessionIndex)).toBe(true);
    }
  });
});

describe('eight tabs that are opened at once in a fresh browser', () => {
  it.each([
    ['Redirect', false],
    ['POST', true],
  ])('by %s each come to their end', async (_how, posts) => {
    const someone = await scene.newcomer();
    const { client } = someone;
    const { url } = scene.gateway;
    const pages = await Promise.all(
      APPLICATIONS.slice(0, 8).map(async (id) =>
        posts ? client.follow(await site.post(client, id, url)) : client.open(site.address(id, url)),
      ),
    );
    // For each its request and its sign-in; what was posted has been taken.
    expect(client.jar.all()).toHaveLength(16);
    const answers = [];
    for (const page of pages) answers.push(site.answer(await someone.password(page, someone.username)));
    expect(answers.map(({ status }) => status)).toEqual(pages.map(() => ['Success']));
    expect(new Set(answers.map(({ nameId }) => nameId)).size).toBe(8);
    expect(client.jar.all().filter(({ name }) => name.startsWith('sallyport.'))).toEqual([]);
  });
});
