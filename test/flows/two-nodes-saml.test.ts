import { afterAll, describe, expect, it, vi } from 'vitest';
import type { Reply } from '../support/client.ts';
import { clientAt, crowd, stageCluster } from '../support/cluster.ts';
import { SamlSite } from '../support/saml-site.ts';
import { asksPassword, type Someone } from '../support/scene.ts';
import { leaveAll } from '../support/service-provider.ts';

/** What service providers see of two nodes: one identity provider. */

const NAMES = ['a', 'b'] as const;
type Name = (typeof NAMES)[number];
const other = (name: Name): Name => (name === 'a' ? 'b' : 'a');
const ORDERS = [['a'], ['b']] as const;

const site = await SamlSite.start();
afterAll(() => site.close());
const MEMBERS = { atlas: { displayName: 'Atlas of Dialects' }, herbarium: { displayName: 'Herbarium' } };

const stage = stageCluster(() => ({
  serviceProvider: true,
  config: {
    applications: {
      wiki: { name: 'Wiki', saml: { metadata: { file: site.metadata('wiki') } } },
      edugate: {
        name: 'Federation',
        consent: 'ask',
        saml: {
          metadata: { file: site.metadata('federation', MEMBERS) },
          federation: true,
          attributes: ['displayName'],
        },
      },
    },
    policy: { rules: [{ name: 'all', level: 'sfa' }] },
  },
}));
const { newcomer, elsewhere } = crowd(() => stage.cluster);
const both = <T>(look: (name: Name) => Promise<T>): Promise<T[]> => Promise.all(NAMES.map(look));
/** The same browser, at one of the nodes. */
const at = (name: Name, someone: Someone): Someone => elsewhere(someone, clientAt(name, someone.client.jar));

describe('one identity provider', () => {
  it('has the same certificates at both, which started at the same moment', async () => {
    const certificates = await both(async (name) => {
      const { body } = await clientAt(name).get(`${stage.cluster.url}/saml/metadata`);
      return [...body.matchAll(/<md:KeyDescriptor.*?<ds:X509Certificate>(.*?)</gs)].map(([, found]) => found);
    });
    expect(certificates[0]).toHaveLength(2);
    expect(certificates[0]).toEqual(certificates[1]);
  });
});

describe('an AuthnRequest', () => {
  it.each(ORDERS)('posted at %s goes on at the other node, once, and in no other browser', async (name) => {
    const someone = await newcomer();
    const kept = await site.post(at(name, someone).client, 'wiki', stage.cluster.url, { relayState: 'kept' });
    expect(kept.location?.pathname).toBe('/saml/continue');
    const next = kept.location ?? '';
    expect((await clientAt(other(name)).get(next)).status).toBe(400);
    const page = await at(other(name), someone).client.open(next);
    expect(asksPassword(page)).toBe(true);
    const again = await both((one) => at(one, someone).client.get(next));
    expect(again.map(({ status }) => status)).toEqual([400, 400]);
    const answer = site.answer(await at(name, someone).password(page, someone.username));
    expect(answer).toMatchObject({ status: ['Success'], relayState: 'kept' });
  });

  it.each(ORDERS)('that was answered at %s is refused at both', async (name) => {
    const someone = await newcomer();
    await someone.enter('library');
    const address = site.address('wiki', stage.cluster.url, { signed: true });
    expect(site.answer(await at(name, someone).client.open(address)).status).toEqual(['Success']);
    const again = await both((one) => at(one, someone).client.get(address));
    expect(again.map(({ status }) => status)).toEqual([400, 400]);
  });
});

describe('a member of a federation', () => {
  const names = (page: Reply) => page.text.includes('Atlas of Dialects');

  it.each(ORDERS)('that was asked for at %s alone has its name on every page of the other node', async (name) => {
    // Nobody has asked this node for it yet; a restart would be the same.
    const there = stage.cluster.node(other(name));
    await there.kill('SIGTERM');
    await there.start();
    const someone = await newcomer();
    const begun = await at(name, someone).client.get(site.address('atlas', stage.cluster.url));
    const led = await at(name, someone).client.get(begun.location ?? '');
    const page = await at(other(name), someone).client.get(led.location ?? '');
    expect(asksPassword(page)).toBe(true);
    expect(names(page)).toBe(true);
    const consent = await at(other(name), someone).password(page, someone.username);
    expect(names(consent)).toBe(true);
    const reply = await at(name, someone).client.submit(consent, {}, { action: consent.url.pathname, button: 'allow' });
    const done = await at(other(name), someone).client.follow(reply);
    expect(site.answer(done)).toMatchObject({ status: ['Success'], attributes: { displayName: expect.any(String) } });
  });
});

describe('an application that is another entity from now on', () => {
  it('is so at both nodes as soon as a command at one has said that this is meant', async () => {
    const someone = await newcomer();
    await someone.enter('library');
    const ask = async (name: Name, id: string) =>
      (await at(name, someone).client.open(site.address(id, stage.cluster.url))).status;
    expect(await both((name) => ask(name, 'wiki'))).toEqual([200, 200]);
    // The same file describes somebody else, whom no node believes by itself.
    site.metadata('wiki', { 'wiki-anew': {} });
    expect(await both((name) => ask(name, 'wiki-anew'))).toEqual([400, 400]);
    await stage.cluster.node('a').command('saml repin', ['wiki']);
    await vi.waitFor(
      async () => {
        expect(await both((name) => ask(name, 'wiki-anew'))).toEqual([200, 200]);
        // To the former one, which may be in other hands, nothing is sent any more.
        expect(await both((name) => ask(name, 'wiki'))).toEqual([400, 400]);
      },
      { timeout: 15_000, interval: 200 },
    );
  });
});

describe('single logout', () => {
  const ALL = ['library', 'courses', 'reading-room', 'laboratory', 'personnel'];
  const standing = async (someone: Someone) => {
    const found = await Promise.all(ALL.map(async (id) => ((await someone.claims(id)) ? [id] : [])));
    return found.flat();
  };

  it.each(['library', 'reading-room'])('begun at %s reaches everybody, each step at the other node', async (first) => {
    const someone = await newcomer();
    await someone.enter('library');
    for (const application of ALL) await someone.begin(application);
    expect(await standing(someone)).toEqual(ALL);
    const { relyingParty, serviceProvider, url } = stage.cluster;
    const home = first === 'library' ? relyingParty : serviceProvider;
    let page = await someone.client.follow(await someone.client.post(`${home}/${first}/logout`));
    if (first === 'library') {
      page = await someone.client.follow(await someone.client.submit(page, {}, { action: '/logout/confirm' }));
    }
    const done = await leaveAll(someone.client, page);
    expect(done.url.origin).toBe(home);
    expect(await standing(someone)).toEqual([]);
    const account = await both((name) => at(name, someone).client.open(`${url}/account`));
    expect(account.map(asksPassword)).toEqual([true, true]);
  });
});
