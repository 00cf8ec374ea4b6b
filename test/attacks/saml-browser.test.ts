import { afterAll, describe, expect, it } from 'vitest';
import type { Reply } from '../support/client.ts';
import { FrontedClient, ISSUER, toss } from '../support/fronted.ts';
import { SamlSite } from '../support/saml-site.ts';
import { asksPassword, ownForm, Someone, stage } from '../support/scene.ts';

/** A SAML request belongs to the browser that brought it, whatever cookies another host of the domain plants. */
const site = await SamlSite.start();
const scene = stage(() => ({
  withoutRelyingParty: true,
  config: {
    issuer: ISSUER,
    doors: { saml: {} },
    applications: { wiki: { name: 'wiki', saml: { metadata: { file: site.metadata('wiki') } } } },
    policy: { rules: [{ name: 'all', level: 'sfa' }] },
  },
}));
afterAll(() => site.close());

const PATHS = ['/', '/saml/continue', '/saml/resume'];
const EVIL = { from: 'https://evil.example' };

async function newcomer(): Promise<Someone> {
  const { username } = await scene.newcomer();
  return new Someone(scene.gateway, username, new FrontedClient(scene.gateway));
}

const isAnswered = ({ body }: Reply) => body.includes('SAMLResponse');

/** Brings a request and signs in; where the browser is sent to be answered. */
async function atReturn(someone: Someone): Promise<string> {
  const page = await someone.client.open(site.address('wiki', ISSUER));
  const { url, fields } = ownForm(page);
  const answer = { ...fields, username: someone.username, password: 'correct horse battery staple' };
  const reply = await someone.client.post(url, answer);
  const last = await someone.client.follow(reply, ({ pathname }) => pathname === '/saml/resume');
  if (last.location === undefined) throw new Error(`no return: ${last.text}`);
  return last.location.href;
}

function expectNothingSent(page: Reply): void {
  expect(page.status).toBe(400);
  expect(isAnswered(page)).toBe(false);
}

describe('in a browser where somebody’s cookies were planted', () => {
  it('their request isn’t answered, whoever is signed in there', async () => {
    const attacker = await newcomer();
    const back = await atReturn(attacker);
    for (const signedIn of [false, true]) {
      const victim = await newcomer();
      if (signedIn) await victim.client.open(await atReturn(victim));
      toss(victim.client.jar, attacker.client.jar, ...PATHS);
      expectNothingSent(await victim.client.open(back, EVIL));
    }
    expect(isAnswered(await attacker.client.open(back))).toBe(true);
  });

  it('what they posted isn’t gone on with', async () => {
    const attacker = await newcomer();
    const { location = '' } = await site.post(attacker.client, 'wiki', ISSUER);
    const victim = await newcomer();
    toss(victim.client.jar, attacker.client.jar, ...PATHS);
    expectNothingSent(await victim.client.open(location, EVIL));
    expect(asksPassword(await attacker.client.open(location))).toBe(true);
  });
});

describe('the cookie of a request', () => {
  it('is of this host alone; one that came by POST keeps its own until our GET, and replaces nothing', async () => {
    const { client } = await newcomer();
    const bonds = () => client.jar.all().filter(({ name }) => name.startsWith('__Host-sallyport.saml'));
    await client.open(site.address('wiki', ISSUER));
    const before = bonds();
    expect(before).toMatchObject([{ path: '/', hostOnly: true, secure: true, httpOnly: true, sameSite: 'lax' }]);
    const posted = await site.post(client, 'wiki', ISSUER);
    expect(posted.setCookies).toHaveLength(1);
    expect(posted.setCookies.join()).toMatch(/^__Host-sallyport\.saml-post\.[^;]+; Max-Age=60;/);
    expect(bonds()).toEqual([...before, expect.anything()]);
    await client.follow(posted);
    expect(bonds()).toHaveLength(2);
    expect(bonds().some(({ name }) => name.includes('saml-post'))).toBe(false);
  });
});
