import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Reply } from '../support/client.ts';
import { SECONDS } from '../support/clock.ts';
import { PASSWORD } from '../support/gateway.ts';
import { type Question, SamlSite } from '../support/saml-site.ts';
import { asksCode, asksPassword, asksToRemember, ownForm, type Someone, stage } from '../support/scene.ts';

/** A request's way through the browser and back: whoever edits an address, or brings another's, gains nothing. */

const SFA = 'https://refeds.org/profile/sfa';
const MFA = 'https://refeds.org/profile/mfa';

const site = await SamlSite.start();
const APPLICATIONS = ['wiki', 'vault', 'ledger'];
const scene = stage(() => ({
  config: {
    doors: { saml: {} },
    applications: Object.fromEntries(
      APPLICATIONS.map((id) => [id, { name: id, saml: { metadata: { file: site.metadata(id) } } }]),
    ),
    policy: {
      rules: [
        { name: 'sfa', applications: ['library', 'wiki'], level: 'sfa' },
        { name: 'mfa', applications: ['courses', 'vault'], level: 'mfa', remember: '30d' },
        { name: 'always', applications: ['payroll', 'ledger'], level: 'mfa', remember: 'never' },
      ],
    },
  },
}));
afterAll(() => site.close());

type Edit = (address: URL) => void;
const drop =
  (...names: string[]): Edit =>
  ({ searchParams }) => {
    for (const name of names) searchParams.delete(name);
  };
const put =
  (name: string, value: string): Edit =>
  ({ searchParams }) =>
    searchParams.set(name, value);

/** Brings an AuthnRequest; answers where the gateway sends the browser then. */
async function brought({ client }: Someone, id: string, asked: Question = {}): Promise<URL> {
  const { location, text } = await client.get(site.address(id, scene.gateway.url, asked));
  if (location?.pathname !== '/authorize') throw new Error(`sent to ${location?.href}: ${text}`);
  return location;
}

/** The same with that address edited, followed to the first page. */
async function edited(someone: Someone, id: string, asked: Question, ...edits: Edit[]): Promise<Reply> {
  const address = await brought(someone, id, asked);
  for (const edit of edits) edit(address);
  return someone.client.open(address);
}

/** Answers whatever is asked, as the person themself would. */
async function through(someone: Someone, page: Reply): Promise<Reply> {
  let last = page;
  for (let pages = 0; pages < 5 && !site.isHere(last) && last.status === 200; pages += 1) {
    if (asksPassword(last)) last = await someone.password(last, someone.username);
    else if (asksCode(last)) last = await someone.code(last, scene.nextCode(someone));
    else if (asksToRemember(last)) last = await someone.remember(last, 'no');
    else break;
  }
  return last;
}

let member: Someone;
beforeAll(async () => {
  member = await scene.member();
});

/** Somebody with an authenticator, in a new browser where only the password was given. */
async function withPassword(): Promise<Someone> {
  const someone = scene.elsewhere(member);
  await someone.enter('library');
  scene.clock.advance(2 * SECONDS);
  return someone;
}

function expectNothingSent(page: Reply): void {
  expect(page.status).toBe(400);
  expect(page.url.origin).toBe(scene.gateway.url);
  expect(page.body).not.toContain('SAMLResponse');
  expect(page.text).toMatch(/Reference/);
}

describe('ForceAuthn, edited on its way through the browser', () => {
  it.each<[string, Edit[]]>([
    ['all of it taken out', [drop('prompt', 'max_age')]],
    ['weakened to an hour', [drop('prompt'), put('max_age', '3600')]],
    ['turned into its opposite', [put('prompt', 'none'), drop('max_age')]],
    ['silenced', [put('prompt', 'none')]],
  ])('%s: the provider learns that nobody was asked', async (_how, edits) => {
    const someone = await withPassword();
    const answer = site.answer(await edited(someone, 'wiki', { force: true }, ...edits));
    expect(answer.status).toEqual(['Responder', 'AuthnFailed']);
    expect(answer.xml).not.toContain('Assertion>');
    // What was edited is over: the next request is answered as ever.
    expect(site.answer(await someone.client.open(site.address('wiki', scene.gateway.url))).status).toEqual(['Success']);
  });

  it.each(['prompt', 'max_age'])('asks all the same where %s alone is missing', async (name) => {
    const someone = await withPassword();
    const page = await edited(someone, 'wiki', { force: true }, drop(name));
    expect(asksPassword(page)).toBe(true);
    expect(site.answer(await through(someone, page)).status).toEqual(['Success']);
  });
});

describe('RequestedAuthnContext, edited on its way through the browser', () => {
  const ASKED: Question = { classes: [MFA] };

  it.each<[string, Edit[]]>([
    ['taken out', [drop('acr_values', 'acr_essential')]],
    ['the class taken out', [drop('acr_values')]],
    ['replaced by a weaker class', [put('acr_values', SFA)]],
    ['replaced by a weaker class that is not essential', [put('acr_values', SFA), drop('acr_essential')]],
    ['replaced by one that nobody knows', [put('acr_values', 'urn:example:none'), drop('acr_essential')]],
    ['silenced', [put('prompt', 'none')]],
  ])('%s: no answer says less than was asked', async (_how, edits) => {
    const someone = await withPassword();
    const answer = site.answer(await edited(someone, 'wiki', ASKED, ...edits));
    expect(answer.status).toEqual(['Responder', 'AuthnFailed']);
    expect(answer.xml).not.toContain('Assertion>');
  });

  it('is met where the person steps up all the same', async () => {
    const someone = await withPassword();
    const page = await edited(someone, 'wiki', ASKED, drop('acr_essential'));
    expect(asksCode(page)).toBe(true);
    expect(site.answer(await through(someone, page))).toMatchObject({ status: ['Success'], classRef: MFA });
  });

  it('is never answered with less, whatever is left of the address', async () => {
    const someone = await withPassword();
    const edits = [drop('acr_values'), drop('acr_essential'), put('claims', '{"id_token":{"acr":null}}')];
    for (let chosen = 1; chosen < 2 ** edits.length; chosen += 1) {
      const page = await edited(someone, 'wiki', ASKED, ...edits.filter((_, at) => (chosen >> at) & 1));
      if (site.isHere(page)) expect(site.answer(page).status[0]).toBe('Responder');
      else expect(asksCode(page) || page.status === 400).toBe(true);
    }
  });
});

describe('the address of the authorization request, edited', () => {
  it("names another application's client: policy of a weaker one is nobody's way round", async () => {
    const someone = await withPassword();
    expectNothingSent(await edited(someone, 'vault', {}, put('client_id', 'wiki')));
    expectNothingSent(await edited(someone, 'ledger', {}, put('client_id', 'wiki')));
  });

  it('names a client of another door, or none', async () => {
    const someone = await withPassword();
    for (const client of ['library', 'sallyport-account', 'nobody', 'wiki:nobody']) {
      expectNothingSent(await edited(someone, 'vault', {}, put('client_id', client)));
    }
  });

  it.each(['http://127.0.0.1:9/library/callback', 'https://evil.example/', '//evil.example/saml/resume'])(
    'leads back to %s',
    async (target) => {
      expectNothingSent(await edited(await withPassword(), 'vault', {}, put('redirect_uri', target)));
    },
  );

  it.each<[string, Edit]>([
    ['no state', drop('state')],
    ['a state that nobody knows', put('state', 'x'.repeat(43))],
    ['the answer behind a #', put('response_mode', 'fragment')],
  ])('with %s leads to no request', async (_what, edit) => {
    const someone = await withPassword();
    expectNothingSent(await through(someone, await edited(someone, 'vault', {}, edit)));
  });

  it("with the state of another application's request ends that one, and answers neither", async () => {
    const someone = await withPassword();
    const wiki = await brought(someone, 'wiki', { force: true });
    const page = await edited(someone, 'vault', {}, put('state', wiki.searchParams.get('state') ?? ''));
    expectNothingSent(await through(someone, page));
    expectNothingSent(await through(someone, await someone.client.open(wiki)));
  });

  it('with the state of a stricter request of the same application meets that one’s demands', async () => {
    const someone = await withPassword();
    const strict = await brought(someone, 'wiki', { classes: [MFA], force: true });
    const lax = await brought(someone, 'wiki', { force: true });
    lax.searchParams.set('state', strict.searchParams.get('state') ?? '');
    lax.searchParams.delete('prompt');
    lax.searchParams.delete('max_age');
    const answer = site.answer(await someone.client.open(lax));
    expect(answer.status).toEqual(['Responder', 'AuthnFailed']);
  });
});

describe('coming back', () => {
  /** Up to the address that brings the answer, which isn't asked. */
  async function atReturn(someone: Someone, id = 'wiki', asked: Question = { force: true }): Promise<URL> {
    const page = await someone.client.open(await brought(someone, id, asked));
    const { url, fields } = ownForm(page);
    const answer = { ...fields, username: someone.username, password: PASSWORD };
    const isReturn = (next: URL) => next.pathname === '/saml/resume';
    const last = await someone.client.follow(await someone.client.post(url, answer), isReturn);
    if (!last.location || !isReturn(last.location)) throw new Error(`not on the way back: ${last.text}`);
    return last.location;
  }

  it('works once, in the browser that went', async () => {
    const someone = await scene.newcomer();
    const back = await atReturn(someone);
    const other = scene.elsewhere(someone);
    await other.enter('library');
    await other.client.open(site.address('wiki', scene.gateway.url));
    // Another browser of the same person, one of nobody's, and again with that browser's cookies for this door.
    expectNothingSent(await other.client.open(back));
    expectNothingSent(await scene.elsewhere(someone).client.open(back));
    const answer = site.answer(await someone.client.open(back));
    expect(answer.status).toEqual(['Success']);
    expectNothingSent(await someone.client.open(back));
  });

  it('of 20 at once, one is answered', async () => {
    const someone = await scene.newcomer();
    const back = await atReturn(someone);
    const pages = await Promise.all(Array.from({ length: 20 }, () => someone.client.open(back)));
    expect(pages.filter((page) => site.isHere(page))).toHaveLength(1);
    expect(pages.filter(({ status }) => status === 400)).toHaveLength(19);
  });

  it('without the cookie, or with one of another browser, leads nowhere', async () => {
    const someone = await scene.newcomer();
    const back = await atReturn(someone);
    const jar = someone.client.jar;
    const own = jar.all().find(({ name }) => name.startsWith('sallyport.saml.'));
    expect(own).toMatchObject({ httpOnly: true, sameSite: 'lax', hostOnly: true });
    if (own === undefined) return;
    for (const value of ['', 'x'.repeat(52), 'x', `${own.value}x`]) {
      jar.put({ ...own, value });
      expectNothingSent(await someone.client.open(back));
    }
    jar.put(own);
    expect(site.answer(await someone.client.open(back)).status).toEqual(['Success']);
  });

  it('with another person’s session in between answers for neither', async () => {
    const someone = await scene.newcomer();
    const back = await atReturn(someone);
    const other = await scene.newcomer();
    await other.enter('library');
    const session = other.client.jar.all().find(({ name }) => name === 'sallyport_session');
    if (session === undefined) throw new Error('nobody is signed in');
    someone.client.jar.put(session);
    expectNothingSent(await someone.client.open(back));
  });

  it('with a request of another person, planted with its cookie, answers for neither', async () => {
    const attacker = await scene.newcomer();
    const back = await atReturn(attacker);
    const victim = await scene.newcomer();
    await victim.enter('library');
    const planted = attacker.client.jar.all().filter(({ name }) => name.startsWith('sallyport.'));
    expect(planted).toHaveLength(1);
    for (const cookie of planted) victim.client.jar.put(cookie);
    expectNothingSent(await victim.client.get(back, { from: 'https://evil.example' }));
  });

  it('without having been away, leads nowhere', async () => {
    const someone = await withPassword();
    const state = (await brought(someone, 'wiki', { force: true })).searchParams.get('state') ?? '';
    expectNothingSent(await someone.client.open(`${scene.gateway.url}/saml/resume?state=${state}`));
    const posted = await site.post(someone.client, 'wiki', scene.gateway.url);
    const id = posted.location?.searchParams.get('id') ?? '';
    expectNothingSent(await someone.client.open(`${scene.gateway.url}/saml/resume?state=${id}`));
  });

  it.each([
    ['no state at all', ''],
    ['two of them', '?state=a&state=b'],
    ['an object', '?state[a]=b'],
    ['something long', `?state=${'a'.repeat(5000)}`],
  ])('with %s, leads nowhere', async (_what, query) => {
    const { client } = await withPassword();
    expectNothingSent(await client.open(`${scene.gateway.url}/saml/resume${query}`));
    expectNothingSent(await client.open(`${scene.gateway.url}/saml/continue${query.replace('state', 'id')}`));
  });

  it('with an error that somebody made up only sends them away', async () => {
    const someone = await withPassword();
    for (const [error, code] of [
      ['access_denied', 'RequestDenied'],
      ['unmet_authentication_requirements', 'NoAuthnContext'],
      ['__proto__', 'AuthnFailed'],
      ['<script>', 'AuthnFailed'],
    ]) {
      const state = (await brought(someone, 'wiki', { force: true })).searchParams.get('state') ?? '';
      const query = new URLSearchParams({ state, error: error ?? '' });
      const answer = site.answer(await someone.client.open(`${scene.gateway.url}/saml/resume?${query}`));
      expect(answer.status).toEqual(['Responder', code]);
    }
  });

  it('after the session has ended signs nobody in', async () => {
    const someone = await scene.newcomer();
    const { client } = someone;
    await someone.enter('library');
    const back = await atReturn(someone);
    const asked = await client.follow(await client.post(`${scene.gateway.relyingParty}/library/logout`));
    await client.follow(await client.submit(asked, {}, { action: '/logout/confirm' }));
    expectNothingSent(await client.open(back));
  });

  it('after the account was disabled signs nobody in', async () => {
    const someone = await scene.newcomer();
    const back = await atReturn(someone);
    await scene.gateway.command('user disable', [someone.username]);
    expectNothingSent(await someone.client.open(back));
  });

  it('after a step of the clock says what the clock says', async () => {
    const someone = await scene.newcomer();
    const back = await atReturn(someone);
    scene.gateway.advance(-90 * SECONDS);
    const early = site.answer(await someone.client.open(back));
    scene.gateway.advance(90 * SECONDS);
    expect(early.status).toEqual(['Success']);
  });
});
